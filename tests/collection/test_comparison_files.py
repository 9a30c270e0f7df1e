"""A comparison as files: every figure, every set, tables, plots; safe whatever recipes are called; always the same."""

import csv
import io
import json
from xml.etree import ElementTree

import pytest
from django.utils import translation

from collection import comparison_files
from collection.comparison_csv import FIGURE_COLUMNS, figures_csv, sets_csv
from collection.comparison_figures import figures
from collection.estimates import interval, number
from pluralism.resampling import Estimate
from sampling.embedding import N_GRAMS
from sampling.models import CandidateSet
from tests.collection.compared_sets import comparison_of
from tests.sampling.measured_sets import labelled, measured, written

pytestmark = pytest.mark.django_db

HOSTILE = '=HYPERLINK("http://x.example") | <script>alert(1)</script> `x` [a](b)'


def one_set(distance, texts=("a", "b", "c", "d"), raw=None, **fields):
    one = labelled(written(list(texts), raw, **fields))
    measured(one, mean_distance=distance, relevance=0.5)
    measured(one, of="first-try", mean_distance=distance, relevance=0.5)
    return one


@pytest.fixture
def comparison():
    return comparison_of(
        {
            "nc": [one_set(0.9, raw=[("a", []), ("a", ["alike"]), ("b", []), ("c", [])], cost=0.25) for _ in range(4)],
            HOSTILE: [one_set(distance, "aaab", recipe={"method": "independent"}) for distance in (0.1, 0.2, 0.3, 0.4)],
        }
    )


def read(lines):
    return list(csv.DictReader(io.StringIO("".join(lines))))


def find(rows, **wanted):
    [found] = [row for row in rows if wanted.items() <= row.items()]
    return found


# ---- CSV -------------------------------------------------------------------------------------------------------------
def test_every_figure_has_its_interval_and_the_number_of_its_prompts(comparison):
    rows = read(figures_csv(comparison, baseline="nc"))
    found = figures(comparison=comparison, baseline="nc")
    for name, one in found.items():
        for key, estimate in one.means.items():
            side, _dot, measure = key.rpartition(".")
            if side and estimate:
                row = find(rows, recipe=plain(name), figure=measure, of=side, part="")
                assert float(row["value"]) == pytest.approx(estimate.value, rel=1e-5)
                assert (row["embedder"], int(row["prompts"])) == (N_GRAMS, estimate.prompts)
                assert float(row["low"]) == pytest.approx(estimate.low, rel=1e-5)
    other = find(rows, recipe=plain(HOSTILE), figure="mean_distance", of="shown")
    assert float(other["less_baseline_value"]) == pytest.approx(0.25 - 0.9)
    assert other["less_baseline_prompts"] == "2"
    assert find(rows, recipe="nc", figure="mean_distance", of="shown")["less_baseline_value"] == ""


def plain(name):
    return f"'{name}" if name.startswith("=") else name


def test_what_labels_say_stands_with_the_list_and_the_source(comparison):
    rows = read(figures_csv(comparison, baseline="nc"))
    found = find(rows, recipe="nc", figure="rho_w", of="shown")
    assert (found["scheme"], found["source"]) == ("map", "researcher")
    assert float(found["value"]) == pytest.approx(-1 / 3, abs=1e-6)
    assert float(find(rows, recipe="nc", figure="rho_w.floor", of="shown")["value"]) == pytest.approx(-1 / 3, abs=1e-6)
    assert find(rows, recipe="nc", figure="covers.c", of="shown")["value"] == "1"
    assert find(rows, recipe="nc", figure="covers.d.gain", of="shown")["prompts"] == "2"


def test_what_went_wrong_is_counted(comparison):
    rows = read(figures_csv(comparison, baseline="nc"))
    assert find(rows, recipe="nc", figure="faults.alike")["value"] == "4"
    assert find(rows, recipe="nc", figure="raw_answers")["value"] == "16"
    assert find(rows, recipe="nc", figure="sets")["value"] == "4"


def test_every_embedder_has_its_own_distances_and_nothing_else_twice(comparison):
    for one in CandidateSet.objects.all():
        measured(one, embedder="m@r", mean_distance=0.5)
    rows = read(figures_csv(comparison, baseline="nc"))
    found = [
        row["embedder"] for row in rows if (row["recipe"], row["figure"], row["of"]) == ("nc", "mean_distance", "shown")
    ]
    assert found == [N_GRAMS, "m@r"]
    keys = [tuple(row[name] for name in FIGURE_COLUMNS[:8]) for row in rows]
    assert len(keys) == len(set(keys))


def test_every_set_stands_with_its_measures_and_the_values_of_its_answers(comparison):
    rows = read(sets_csv(comparison))
    assert [row["recipe"] for row in rows] == ["nc"] * 4 + [plain(HOSTILE)] * 4
    first = rows[0]
    one = CandidateSet.objects.get(pk=first["set"])
    assert (first["language"], first["status"], first["number"]) == ("en", "ready", "0")
    assert first["recipe_sha256"] == one.recipe.sha256
    assert (first["shown.mean_distance"], first["fit_at_first_try"], first["cost"]) == ("0.9", "0", "0.25")
    assert json.loads(first["shown.map by researcher"]) == ["a", "b", "c", "d"]
    assert json.loads(first["first-try.map by researcher"]) == ["a", "a", "b", "c"]
    assert rows[4]["cost"] == ""


def test_no_cell_is_a_formula(comparison):
    for one in CandidateSet.objects.all():
        labelled(one, source="=judge()", scheme="+list", b="@value")
    for row in (*read(figures_csv(comparison, baseline="nc")), *read(sets_csv(comparison))):
        for column, cell in row.items():
            is_number = cell.replace("-", "").replace(".", "").replace("e", "").isdigit()
            assert is_number or not cell.startswith(("=", "+", "-", "@")), (column, cell)
            assert not column.startswith(("=", "+", "-", "@"))


def test_sets_for_questions_of_fact_are_marked_and_left_out_of_distances(tmp_path):
    facts = [one_set(0.1, factual=True) for _ in range(2)]
    mixed = {"a": [one_set(0.9), one_set(0.9), *facts], "b": [one_set(0.5) for _ in range(4)]}
    comparison = comparison_of(mixed)
    rows = read(figures_csv(comparison, baseline="a"))
    assert find(rows, recipe="a", figure="factual")["value"] == "2"
    assert find(rows, recipe="a", figure="mean_distance", of="shown")["value"] == "0.9"
    assert {row["set"] for row in read(sets_csv(comparison)) if row["factual"] == "1"} == {str(one.pk) for one in facts}
    comparison_files.write(tmp_path, comparison, baseline="a")
    assert "2 sets of each recipe answer questions of fact" in (tmp_path / "table.md").read_text()


# ---- a folder --------------------------------------------------------------------------------------------------------
def test_the_same_sets_give_the_same_bytes_in_every_language(comparison, tmp_path):
    one = comparison_files.write(tmp_path / "one", comparison, baseline="nc")
    with translation.override("ar"):
        other = comparison_files.write(tmp_path / "other", comparison, baseline="nc")
    assert [file.name for file in one] == [file.name for file in other]
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in other]


def test_the_table_names_each_plot_and_every_plot_is_there(comparison, tmp_path):
    files = comparison_files.write(tmp_path, comparison, baseline="nc")
    said = (tmp_path / "table.md").read_text()
    plots = [file.name for file in files if file.suffix == ".svg"]
    assert plots
    assert all(f"]({name})" in said for name in plots)
    assert "2 prompts of the study" in said
    assert "| nc | 0.90 [0.90 to 0.90] | 0.90 [0.90 to 0.90] | – | – |" in said
    assert "-0.33" not in said
    assert "−0.33 [−0.33 to −0.33] (negatively correlated)" in said
    assert "Two answers say the same in almost the same words. | 4 of 16 | 0 of 16 |" in said


def parsed(file):
    return ElementTree.fromstring(file.read_text())  # noqa: S314 - written by ourselves just now


def test_a_hostile_name_is_text_in_the_table_and_in_the_plots(comparison, tmp_path):
    files = comparison_files.write(tmp_path, comparison, baseline="nc")
    said = (tmp_path / "table.md").read_text()
    assert "<script>" not in said.replace("\\<script\\>", "")
    for table in said.split("\n\n"):
        # A bar in the name is no end of a cell.
        assert len({line.replace("\\|", "").count("|") for line in table.splitlines() if line.startswith("| ")}) <= 1
    for file in files:
        if file.suffix == ".svg":
            drawn = parsed(file)
            assert "script" not in {element.tag.rpartition("}")[2] for element in drawn.iter()}
            assert any(HOSTILE in (element.text or "") for element in drawn.iter())


def test_a_plot_says_in_words_what_it_shows_and_has_no_date(comparison, tmp_path):
    comparison_files.write(tmp_path, comparison, baseline="nc")
    drawn = parsed(tmp_path / "words-mean-distance.svg")
    ids = [element.get("id") for element in drawn.iter() if element.get("id")]
    assert ids == ["plot-title", "plot-description"]
    assert [element.text for element in drawn if element.get("id")] == [
        "mean distance",
        "nc: First tries as they came: 0.90 (0.90 to 0.90), As shown: 0.90 (0.90 to 0.90); "
        f"{HOSTILE}: First tries as they came: 0.25 (0.15 to 0.35), As shown: 0.25 (0.15 to 0.35)",
    ]


def test_only_the_labels_that_are_asked_for_are_in_the_table(comparison, tmp_path):
    for one in CandidateSet.objects.all():
        labelled(one, source="judge@1")
    comparison_files.write(tmp_path, comparison, baseline="nc", scheme="map", source="judge@1")
    said = (tmp_path / "table.md").read_text()
    assert "labelled by judge@1" in said
    assert "labelled by hand\n" not in said
    assert "Of 24 texts labelled by hand this judge decided 24" in said


# ---- numbers in words ------------------------------------------------------------------------------------------------
def test_numbers_are_those_of_the_language():
    with translation.override("fr"):
        assert number(0.4567, 2) == "0,46"
        said = interval(Estimate(value=0.4, low=-0.3, high=0.5, prompts=3), 1)
        assert "−0,3" in said
        assert "0,5" in said
    assert number(-0.001, 2) == "0.00"
    assert number(None, 2) == "–"
    assert interval(Estimate(value=0.4, low=None, high=None, prompts=1), 2) == ""


def test_the_sign_of_a_number_stays_before_it_where_one_reads_from_the_right():
    with translation.override("ar"):
        assert number(-0.5, 1) == "\u2066−0,5\u2069"
