"""The card's figures come from the files, are found again by the notebook, and are drawn."""

import contextlib
import json
import re
import statistics
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest

from annotators.models import Quota
from exports import figures, plots
from tests.exports.conversations import talk, write
from tests.factories import AnnotatorFactory, ItemFactory, PanelFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)


def made(origin):
    """Return a study with two shared items that three people compared."""
    panel = PanelFactory(origin=origin)
    study = StudyFactory(panel=panel, origin=origin, asks={"turns": {"maximum": 4}})
    for country, wanted in [("us", 2), ("fr", 5)]:
        where = {"country": country}
        Quota.objects.create(panel=study.panel, where=where, key=f"country={country}", family="country", wanted=wanted)
    items = ItemFactory.create_batch(2, study=study)
    for country, first, second in [("us", 0, 1), ("us", 0, 2), ("fr", 3, "none")]:
        answers = {"country": country, "age": "55+", "gender": ""}
        person = AnnotatorFactory(panel=panel, panel_origin=origin, answers=answers)
        talk(study=study, annotator=person, item=items[0], choices=[first, 1], explanations=["One two three.", ""])
        talk(study=study, annotator=person, item=items[1], choices=[second], explanations=["Five words are in here."])
    return study


@pytest.fixture
def folder(tmp_path):
    write(made("real"), tmp_path / "out")
    return tmp_path / "out"


def card_of(folder):
    return (folder / "README.md").read_text(encoding="utf-8")


def test_the_figures_are_right(folder):
    found = json.loads((folder / "figures.json").read_text())
    assert (found["comparisons"]["compared"], found["comparisons"]["none"]) == (9, 1)
    assert sum(found["comparisons"]["places"].values()) == 8
    assert found["explanations"] == {"given": 6, "share": 0.6667, "median_words": 4.0}
    # Two of three agree on the first item: one pair in three. Nobody on the second.
    assert found["agreement"]["pair_agreement"] == round((1 / 3) / 2, 4)
    assert (found["agreement"]["items"], found["agreement"]["by_chance"]) == (2, 0.2)
    assert found["by_place_alone"]["choices"] == 6
    assert 0 <= found["by_place_alone"]["mean"] <= found["by_place_alone"]["high"] <= 1
    assert found["agreement"]["items_by_tenth"] == [1, 0, 0, 1, 0, 0, 0, 0, 0, 0]


def test_the_card_says_them(folder):
    text = card_of(folder)
    assert "on average 16.7 % chose the same; if everything were chosen as often, it would be 20.0 %" in text
    assert "If places on the screen were all that counts, " in text
    assert "6 comparisons have one (66.7 %); median length 4 words. They were optional." in text
    assert "| `country=us` | exactly | 2 | 2 |" in text
    assert "| `country=fr` | exactly | 5 | 1 |" in text
    assert "This is a quota sample" in text
    assert "representative sample" in text.split("## Limits")[1]
    assert "@misc{" in text


def run(folder):
    """Run the notebook of a release in its folder; return what its cells define."""
    found = {}
    with contextlib.chdir(folder):
        for cell in json.loads(next(folder.glob("*figures.ipynb")).read_text())["cells"]:
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), found)  # noqa: S102
    return found


def test_the_notebook_finds_the_same_figures(folder):
    nbformat.validate(nbformat.read(folder / "figures.ipynb", as_version=4))
    assert len(run(folder)["comparisons"]) == 9


def test_the_notebook_of_a_dry_run_finds_its_files(tmp_path):
    write(made("dry-run"), tmp_path / "out")
    assert len(run(tmp_path / "out")["comparisons"]) == 9
    shown = re.findall(r"!\[.+?\]\((.+?)\)", (tmp_path / "out/SIMULATED-README.md").read_text())
    assert len(shown) == 3
    assert all((tmp_path / "out" / file).is_file() for file in shown)


def test_the_notebook_stops_at_a_figure_that_is_not_so(folder):
    right = json.loads((folder / "figures.json").read_text())
    for part, figures_of_part in right.items():
        name, value = next(iter(figures_of_part.items()))
        wrong = {"sets": 1, "distance": 0.1234} if isinstance(value, dict) else value + 1
        (folder / "figures.json").write_text(json.dumps({**right, part: {**figures_of_part, name: wrong}}))
        with pytest.raises(AssertionError, match=part):
            run(folder)


def test_an_empty_release_has_figures_too(tmp_path):
    write(StudyFactory(), tmp_path / "out")
    assert len(run(tmp_path / "out")["comparisons"]) == 0
    assert "No item was compared by two people or more." in card_of(tmp_path / "out")
    assert not (tmp_path / "out" / "plots").exists()


def test_every_plot_that_the_card_shows_is_there_and_says_its_figures(folder):
    shown = re.findall(r"!\[(.+?)\]\((.+?)\)", card_of(folder))
    assert [Path(file).name for _, file in shown] == ["people.svg", "places.svg", "agreement.svg"]
    for _, file in shown:
        drawn = ElementTree.fromstring((folder / file).read_bytes())  # noqa: S314
        assert drawn.find("{*}title").text
        assert ": " in drawn.find("{*}desc").text
    people = (folder / "plots/people.svg").read_text()
    assert "<desc>country=fr: 1; country=us: 2</desc>" in people


def test_text_in_a_plot_is_text():
    assert "<script" not in plots.bars("<script>", [plots.Bar("<b>", 1, "1")])


@pytest.mark.parametrize(
    ("texts", "apart"), [(["abc", "abc"], 0), (["abc", "xyz"], 1), (["a", "b"], 1), (["abcd", "abce"], 0.5)]
)
def test_distance_is_between_the_same_letters_and_nothing_in_common(texts, apart):
    assert figures.distance(texts) == pytest.approx(apart)


@pytest.mark.parametrize("values", [[], [3], [1, 2], [5, 1, 1], [2, 2, 3, 9], [1, 1, 1, 1, 8]])
def test_a_median_of_what_was_counted_is_the_median(values):
    found = figures.median(Counter(values))
    assert found == (statistics.median(values) if values else None)
