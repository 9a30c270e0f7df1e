"""manage.py pluralism_report: planted tastes are found again, what is not defined is refused, files are safe and alike.

The folders are made by hand; no test here has a database, so the report reads the folder and nothing else.
"""

import csv
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import pyarrow as pa
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation
from pyarrow import parquet

from exports.reports.people import DISTANCE
from tests.exports.made_releases import LABELS, TASTES, answers, label, make

ITEMS, PEOPLE = 12, 40


def report(release, output, *options, draws=30):
    call_command("pluralism_report", str(release), "--output", str(output), "--draws", str(draws), *map(str, options))
    return output


def table(folder, key, **where):
    """Return the rows of a CSV file, as texts; those in which columns hold what is given."""
    with (folder / f"{key}.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    return [row for row in found if all(row[name.replace("_", " ")] == value for name, value in where.items())]


def row(folder, key, **where):
    (found,) = table(folder, key, **where)
    return {name: float(value) if re.fullmatch(r"-?[\d.]+", value) else value for name, value in found.items()}


def said(folder):
    return (folder / "report.html").read_text(encoding="utf-8")


def taste(country):
    return lambda item: {"abcd"[place]: TASTES[country][LABELS.index(label(item, place))] for place in range(4)}


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made") / "release", items=ITEMS, people=PEOPLE)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A model that answers as the French do, and is steered to both countries; and one that is always free."""
    path = tmp_path_factory.mktemp("answers") / "models.jsonl"
    answers(path, model="tiny", picks=lambda item: "secular-rational", probabilities=taste("france"))
    answers(path, model="tiny", picks=lambda item: "traditional", steered_to="india")
    answers(path, model="tiny", picks=lambda item: "secular-rational", steered_to="france")
    return answers(path, model="free", picks=lambda item: "self-expression")


@pytest.fixture(scope="module")
def done(release, models, tmp_path_factory):
    return report(release, tmp_path_factory.mktemp("report") / "out", "--answers", models)


def test_groups_that_differ_are_apart_and_agree_among_themselves(done):
    assert row(done, "people", group="france") | {"none": 0, "low": 0, "high": 0} == {
        "group": "france", "people": 20, "items": 12, "choices": 240, "none": 0, "low": 0, "high": 0,
    }  # fmt: skip
    apart = row(done, "divergence")
    assert apart["low"] > 0.1
    assert apart["p"] == pytest.approx(1 / 31, abs=1e-5)
    assert (apart["items"], apart["people"], apart["people of other"]) == (12, 20, 20)
    assert apart["excess"] == pytest.approx(apart[DISTANCE] - apart["null"], abs=2e-6)
    inside = row(done, "agreement-of-groups", one="india", other="india")
    across = row(done, "agreement-of-groups", one="france", other="india")
    assert inside["low"] > across["high"]
    assert row(done, "strengths", group="india", label="traditional")["low"] > 0
    assert row(done, "strengths", group="france", label="traditional")["high"] < 0


def test_groups_within_countries_are_compared_within_countries(tmp_path):
    """Five in six of the old are Indian: without that, ages would seem to differ in what countries do."""
    made = make(tmp_path / "made", people=48, old=lambda number: (number % 2) == (number % 12 < 10))
    ages = row(report(made, tmp_path / "out", "--by", "annotator_age", draws=100), "divergence")
    assert ages["p"] > 0.05
    assert ages["null"] > 0.35


def test_every_figure_on_people_stands_beside_its_null_and_its_n(done):
    picks = row(done, "agreement")
    assert picks["low"] < picks["agreement"] < picks["high"]
    # With "none of these", which some said, there are five answers.
    assert picks["even chances"] == 0.2
    assert 0.2 < picks["by place"] < 0.27
    assert picks["people"] == PEOPLE
    assert {line["device"] for line in table(done, "places")} == {"all", "phone", "computer"}
    assert [line["term"] for line in table(done, "logit")][-1] == "twice as many characters"
    assert {line["agreement on"].split()[0] for line in table(done, "alpha")} == {"what", "which", "how"}


def test_a_model_with_the_tastes_of_one_country_follows_that_country_alone(done):
    france, india = (row(done, "distributional", group=group) for group in ("france", "india"))
    assert france["low"] < 0.06
    assert france[DISTANCE] < france["shuffled"] - 0.1
    assert india["low"] > 0.2
    assert india["p (Holm)"] < 0.01
    other = row(done, "distributional-other-measures", group="india")
    assert other["moved"] > row(done, "distributional-other-measures", group="france")["moved"]
    assert "free: the file gives no probabilities" in said(done)


def test_a_steered_answer_wins_with_its_own_group(done):
    own = row(done, "steerable", steered_to="india", people_of="india")
    others = row(done, "steerable", steered_to="india", people_of="france")
    assert own["low"] > 0.6
    assert others["high"] < 0.4
    assert (own["own group"], own["items"], own["differ"]) == ("yes", 12, 12)
    # Steered to what it says anyway.
    same = row(done, "steerable", steered_to="france", people_of="france")
    assert (same["win rate"], same["differ"]) == (0.5, 0)


def test_reasonable_positions_and_their_support_are_listed(done, release, tmp_path):
    support = table(done, "overton-support")
    assert len(support) == 4 * ITEMS
    assert {line["standing"] for line in support} <= {"reasonable", "not enough support"}
    limits = [float(line["limit"]) for line in table(done, "overton", model="tiny")]
    assert limits == [0.1, 0.2, 0.3]
    recalls = [float(line["recall"]) for line in table(done, "overton", model="tiny")]
    # Fewer are reasonable by a stricter limit, and the model's one answer is among them.
    assert recalls == sorted(recalls)
    verdicts = tmp_path / "verdicts.csv"
    verdicts.write_text(
        "candidate_set_id,response,verdict\n" + "".join(f"{100 + item},a,unreasonable\n" for item in range(12))
    )
    path = answers(tmp_path / "a.jsonl", model="first", picks=lambda item: label(item, 0))
    judged = report(release, tmp_path / "judged", "--answers", path, "--verdicts", verdicts)
    assert row(judged, "overton", limit="0.200000")["precision"] == 0
    assert table(judged, "overton-support", response="a")[0]["named by researchers"] == "unreasonable"


def test_welfare_falls_with_alpha_and_the_front_holds_who_nobody_beats(done):
    figures = [float(line["welfare"]) for line in table(done, "jury", model="tiny")][:6]
    assert figures == sorted(figures, reverse=True)
    assert figures[0] > figures[-1]
    lines = [line for line in table(done, "objectives") if line["standing"] in ("on the front", "dominated")]
    points = {line["model"]: (float(line["france"]), float(line["india"])) for line in lines}
    beaten = {
        name
        for name, point in points.items()
        if any(other != point and other[0] >= point[0] and other[1] >= point[1] for other in points.values())
    }
    assert {line["model"] for line in lines if line["standing"] == "dominated"} == beaten
    assert {"tiny", "tiny → india"} <= points.keys() - beaten
    total = table(done, "trade-offs")[-1]
    assert total["trade-off"] == "sum of f(M_f)"
    assert float(total["gain"]) > 0
    for warning in ("Tyranny of the majority", "Fanatical influence", "Incommensurability"):
        assert warning in said(done)


def test_people_beyond_every_model_are_counted_beside_chance(done):
    france, india = (row(done, "monoculture", people=group) for group in ("france", "india"))
    assert france["low"] > india["high"]
    assert 0 < france["random"] < 1
    places = {line["name"]: line for line in table(done, "positions")}
    assert float(places["free"]["survival to self-expression"]) == 1
    assert float(places["india"]["traditional to secular-rational"]) < 0


def test_the_same_release_gives_the_same_bytes(release, models, done, tmp_path):
    with translation.override("hi"), timezone.override("Asia/Kolkata"):
        again = report(release, tmp_path / "again", "--answers", models)
    assert contents(again) == contents(done)
    other = report(release, tmp_path / "other", "--answers", models, "--seed", 2)
    assert contents(other)["agreement.csv"] != contents(done)["agreement.csv"]


@pytest.mark.whole
def test_the_same_release_gives_the_same_bytes_in_another_process(release, models, done, tmp_path):
    command = [sys.executable, "manage.py", "pluralism_report", str(release), "--answers", str(models), "--draws", "30"]
    elsewhere = {"TZ": "Asia/Kolkata", "LC_ALL": "C", "PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "1"}
    key = {"SECRET_KEY": "only-for-tests-that-start-no-server"}
    subprocess.run([*command, "--output", tmp_path / "again"], env={**os.environ, **key, **elsewhere}, check=True)
    assert contents(tmp_path / "again") == contents(done)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.named, self.links = [], {}, []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        found = dict(attributes)
        self.named |= {found["id"]: tag} if "id" in found else {}
        if tag == "svg":
            self.links.append(("svg", found["role"], found["aria-labelledby"].split()))
        self.links += [("out", name, value) for name, value in attributes if name in ("src", "href") and value]


def test_plots_have_words_and_the_page_needs_nothing_else(done):
    page = Page(said(done))
    plots = [link for link in page.links if link[0] == "svg"]
    assert len(plots) > 8
    for _kind, role, names in plots:
        assert role == "img"
        assert [page.named[name] for name in names] == ["title", "desc"]
    outside = {value for kind, _name, value in page.links if kind == "out" and not value.startswith("#")}
    assert outside == {path.name for path in done.glob("*.csv")}
    assert not {"script", "img", "link", "iframe"} & set(page.tags)


def test_without_answers_the_report_is_on_people_alone(release, tmp_path):
    found = report(release, tmp_path / "out")
    assert (found / "agreement.csv").exists()
    assert not (found / "jury.csv").exists()


def test_small_groups_are_named_and_not_reported(release, tmp_path):
    crossed = report(release, tmp_path / "crossed", "--by", "annotator_country", "annotator_age")
    assert {line["group"] for line in table(crossed, "people")} == {
        "france × 18-34", "france × 55+", "india × 18-34", "india × 55+",
    }  # fmt: skip
    with pytest.raises(CommandError, match="No group by annotator_country has 21 people"):
        report(release, tmp_path / "none", "--fewest", 21)
    made = make(
        tmp_path / "made",
        people=25,
        tastes={"france": TASTES["france"], **dict.fromkeys(("india", "italy"), TASTES["india"])},
    )
    few = report(made, tmp_path / "few", "--fewest", 9)
    assert "fewer than 9 people: india (8), italy (8)" in said(few)
    assert [line["group"] for line in table(few, "people")] == ["france"]
    assert not (few / "divergence.csv").exists()


def test_figures_that_are_not_defined_are_refused_with_the_reason(tmp_path):
    made = make(tmp_path / "made", people=20, asked=False, labelled=False)
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"candidate_set_id": 100, "model": "plain", "text": "Something."}) + "\n")
    found = report(made, tmp_path / "out", "--answers", path, "--utilities", "strength")
    for reason in (
        "no candidate has exactly one label",
        "candidates have fewer than two labels",
        "single answers have no distribution",
        "no item on which it is known what it covers",
        "no answers that were steered to a group",
        "Utilities by strength: it was not asked",
        "no item has a pole of values on every candidate",
    ):
        assert reason in said(found), reason
    assert not (found / "monoculture.csv").exists()


def test_groups_that_share_no_item_sit_on_no_jury_together(tmp_path):
    made = make(tmp_path / "made", people=40)
    path = made / "data/turns-00001.parquet"
    turns = parquet.read_table(path).to_pylist()
    # The French answered the even items, the Indians the odd ones.
    apart = [turn for turn in turns if (turn["candidate_set_id"] + turn["annotator_id"]) % 2 == 0]
    parquet.write_table(pa.Table.from_pylist(apart), path)
    given = answers(tmp_path / "a.jsonl", picks=lambda item: "survival")
    found = report(made, tmp_path / "out", "--answers", given)
    assert "Groups that speak different languages share no items" in said(found)
    assert "france and india: no item with 10 people of each" in said(found)
    assert [(line["one"], line["other"]) for line in table(found, "agreement-of-groups")] == [
        ("france", "france"), ("india", "india"),
    ]  # fmt: skip
    assert {line["model"] for line in table(found, "objectives")} >= {"model"}


def test_a_jury_file_says_who_sits_and_how_loud(release, models, tmp_path):
    jury = tmp_path / "jury.yaml"
    jury.write_text("seats: {france: 3, india: 3}\namplified: {india: 50}\nthreshold: 0.3\n")
    found = report(release, tmp_path / "out", "--answers", models, "--jury", jury)
    free, steered = (row(found, "jury", model=name, figure="w at 0") for name in ("tiny", "tiny → india"))
    assert steered["welfare"] > free["welfare"] + 0.2
    assert "3 of france, 3 of india. Amplified: india x 50." in said(found)
    jury.write_text("seats: 7\n")
    assert "7 of all" in said(report(release, tmp_path / "lot", "--answers", models, "--jury", jury))
    jury.write_text("seats: 7000\n")
    assert "7,000 jurors cannot be drawn of" in said(
        report(release, tmp_path / "large", "--answers", models, "--jury", jury)
    )
    jury.write_text("weights: {brazil: 2}\n")
    assert "names brazil, which is no reported group" in said(
        report(release, tmp_path / "other", "--answers", models, "--jury", jury)
    )
    jury.write_text("chairs: 3\n")
    with pytest.raises(CommandError, match="chairs: Extra inputs"):
        report(release, tmp_path / "bad", "--answers", models, "--jury", jury)


def test_the_error_of_mapping_free_answers_is_in_the_interval(release, tmp_path):
    path = answers(tmp_path / "a.jsonl", picks=lambda item: "secular-rational", text="So it is.")
    answers(path, picks=lambda item: "traditional", steered_to="india", text="As it was.")
    sure = report(release, tmp_path / "sure", "--answers", path, draws=100)
    assert "nobody checked how well" in said(sure)
    unsure = report(release, tmp_path / "unsure", "--answers", path, "--mapping-checked", "12/20", draws=100)
    assert "of 20 that were checked 12 were right" in said(unsure)
    narrow, wide = (row(each, "steerable", people_of="india") for each in (sure, unsure))
    assert narrow["win rate"] == wide["win rate"]
    assert wide["high"] - wide["low"] > 1.5 * (narrow["high"] - narrow["low"])


def test_answers_cover_what_the_file_says_they_do(release, tmp_path):
    path = tmp_path / "a.jsonl"
    lines = [
        {"candidate_set_id": 100, "model": "told", "text": "x", "covers": ["a", "b", "c", "d"]},
        {"candidate_set_id": 100, "model": "labelled", "text": "x", "labels": [label(0, 2)]},
        # Two answers to one item are a set.
        {"candidate_set_id": 100, "model": "two", "choice": "a"},
        {"candidate_set_id": 100, "model": "two", "choice": "b"},
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    found = report(release, tmp_path / "out", "--answers", path, "--threshold", "0.01")
    recalls = {line["model"]: float(line["recall"]) for line in table(found, "overton", limit="0.010000")}
    assert recalls == {"told": 1, "labelled": 0.25, "two": 0.5}


def test_labels_that_were_given_later_take_the_place_of_the_releases_own(tmp_path):
    made = make(tmp_path / "made", items=4, people=20, labelled=False)
    labels = tmp_path / "labels.csv"
    lines = [f"{100 + item},{'abcd'[place]},{label(item, place)}" for item in range(4) for place in range(4)]
    labels.write_text("\n".join(["candidate_set_id,response,label", *lines]))
    found = report(made, tmp_path / "out", "--labels", labels)
    assert {line["label"] for line in table(found, "coverage")} == set(LABELS)
    for line, complaint in (("7,a,survival", "no shared item 7"), ("100,a,", "line 2: it needs")):
        labels.write_text(f"candidate_set_id,response,label\n{line}\n")
        with pytest.raises(CommandError, match=complaint):
            report(made, tmp_path / "bad", "--labels", labels)


def test_a_report_can_be_on_the_balanced_subset_alone(release, tmp_path):
    made = make(tmp_path / "made", people=30, balanced=24)
    found = report(made, tmp_path / "out", "--balanced")
    assert [line["people"] for line in table(found, "people")] == ["12", "12"]
    assert "Only conversations of the balanced subset." in said(found)
    with pytest.raises(CommandError, match="no balanced subset"):
        report(release, tmp_path / "none", "--balanced")


def test_people_are_weighed_to_a_population(release, tmp_path):
    population = tmp_path / "population.yaml"
    shares = "margins: {annotator_country: {france: 1, india: 3}, annotator_age: {18-34: 0.5, 55+: 0.5}}"
    population.write_text(f"{shares}\nsource: a census\n")
    found = report(release, tmp_path / "out", "--population", population)
    france = row(found, "margins", answer="france")
    assert (france["people"], france["share"], france["wanted"], france["gap"]) == (20, 0.5, 0.25, 0.25)
    # Weights of 1/2 and 3/2: Kish's 2 (1/4 + 9/4) / 4.
    cost = row(found, "weighing")
    assert (cost["design effect"], cost["effective people"], cost["at the cap"]) == (1.25, 32, 0)
    weights = [float(line["weight"]) for line in table(found, "weights")]
    assert sorted(set(weights)) == pytest.approx([0.5, 1.5], abs=1e-4)
    assert "Shares of the population are from: a census" in said(found)
    population.write_text("margins: {annotator_country: {france: 1, brazil: 3}}\nsource: a census\n")
    refused = said(report(release, tmp_path / "other", "--population", population))
    assert "india is not in the population, and counts as not said" in refused
    assert "A category is wanted that nobody is in" in refused
    population.write_text("margins: {}\nsource: a census\n")
    with pytest.raises(CommandError, match="margins: Dictionary should have at least 1 item"):
        report(release, tmp_path / "bad", "--population", population)


def test_a_simulated_release_says_so_in_every_file(tmp_path):
    found = report(make(tmp_path / "made", people=20, simulated=True), tmp_path / "out")
    names = [path.name for path in found.iterdir()]
    assert len(names) > 8
    assert all(name.startswith("SIMULATED-") for name in names)
    assert "No person stands behind" in (found / "SIMULATED-report.html").read_text()


def test_hostile_names_are_text_in_the_page_and_no_formula_in_the_files(tmp_path):
    country = '=cmd|"/c calc"!A1 <script>alert(1)</script>'
    made = make(tmp_path / "made", people=24, tastes={country: TASTES["france"], "india": TASTES["india"]})
    found = report(made, tmp_path / "out")
    assert "<script" not in said(found)
    assert "&lt;script&gt;alert(1)" in said(found)
    assert [line["group"] for line in table(found, "people")] == ["'" + country, "india"]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "line 1: : Invalid JSON"),
        ('{"candidate_set_id": 100, "model": "m"}', "line 1: it has neither"),
        ('{"candidate_set_id": 100, "model": "m", "choise": "a"}', "choise: Extra inputs"),
        ('{"candidate_set_id": 7, "model": "m", "choice": "a"}', "candidate set 7 is no shared item"),
        ('{"candidate_set_id": 100, "model": "m", "choice": "e"}', "e is no candidate; the release's are a to d"),
        ('{"candidate_set_id": 100, "model": "m", "probabilities": {"a": -1}}', "below 0"),
        ('{"candidate_set_id": 100, "model": "m", "probabilities": {"a": 0}}', "add up to 0"),
        ("", "has no answers"),
    ],
)
def test_a_file_of_answers_that_cannot_be_used_is_refused(release, tmp_path, line, complaint):
    path = tmp_path / "a.jsonl"
    path.write_text(line)
    with pytest.raises(CommandError, match=re.escape(complaint)):
        report(release, tmp_path / "out", "--answers", path)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_release_and_one_that_is_full_are_left_alone(release, tmp_path):
    with pytest.raises(CommandError, match="name the folder of a release"):
        report(tmp_path, tmp_path / "out")
    with pytest.raises(CommandError, match="have annotator_country, annotator_age"):
        report(release, tmp_path / "out", "--by", "annotator_shoe")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/mine.txt").write_text("mine")
    with pytest.raises(CommandError, match="not an empty folder"):
        report(release, tmp_path / "kept")
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["mine.txt"]
