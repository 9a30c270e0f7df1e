"""The card: front matter that the Hugging Face tools read, plain facts, and nothing that a title could break."""

import pytest
import yaml
from django.utils import timezone
from markdown_it import MarkdownIt

from exports import card, markdown
from sampling.embedding import N_GRAMS
from sampling.models import CandidateSet, Diversity
from tests.exports.conversations import talk, write
from tests.factories import (
    AnnotatorFactory,
    CandidateSetFactory,
    ItemFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)

HOSTILE = 'Evil: "x"\n---\n# [a](javascript:1) | <script>alert(1)</script> `code` \u202e {{ }} \x07 no'


def written(study, folder):
    """Return the front matter, the text below it, and the manifest."""
    manifest = write(study, folder)
    text = (folder / "README.md").read_text(encoding="utf-8")
    _, head, body = text.split("---\n", 2)
    return yaml.safe_load(head), body, manifest


@pytest.fixture
def study():
    study = StudyFactory(asks={"turns": {"maximum": 4}})
    item = ItemFactory(study=study)
    for country, age in [("fr", "18-34"), ("us", "55+"), ("us", "55+")]:
        person = AnnotatorFactory(panel=study.panel, answers={"country": country, "age": age, "gender": ""})
        talk(study=study, annotator=person, item=item, choices=[0, "none", 1])
    return study


def test_the_front_matter_makes_every_table_a_configuration(study, tmp_path):
    head, _, _ = written(study, tmp_path / "out")
    assert head["configs"] == [
        {
            "config_name": name,
            "data_files": [{"split": "train", "path": f"data/{name}-*.parquet"}],
            **({"default": True} if name == "conversations" else {}),
        }
        for name in ("conversations", "turns", "annotators", "candidates", "comparisons", "items")
    ]
    assert head["license"] == "cc-by-4.0"
    assert head["language"] == ["en"]
    assert head["size_categories"] == ["n<1K"]
    assert head["pretty_name"] == "Everyday questions"


def test_the_facts_are_those_of_the_data(study, tmp_path):
    _, body, manifest = written(study, tmp_path / "out")
    assert "| united states | 55+ | 2 |" in body
    assert "| france | 18-34 | 1 |" in body
    assert '9 comparisons. Share of "none of these": 33.3 %.' in body
    assert "Consent texts: version 1 (3 people). Licence: CC-BY-4.0." in body
    assert "Which answer would you rather get?" in body
    assert "`in_balanced_subset`: false in every line" in body
    assert manifest["rows"] == {
        "conversations": 3,
        "turns": 9,
        "annotators": 3,
        "candidates": 28,
        "comparisons": 9,
        "items": 1,
    }
    assert sum(manifest["counts"]["place"].values()) == 6


def test_the_demo_model_is_called_by_its_name(study, tmp_path):
    _, body, _ = written(study, tmp_path / "out")
    assert "answers of the demo model" in body
    assert "(demo model)" in body


def test_another_model_is_not_taken_for_it(tmp_path):
    recipe = {"generator": {"name": "huggingface", "model": "org/serious-model"}}
    study = StudyFactory(asks={"recipes": {"first": recipe, "later": recipe}})
    _, body, _ = written(study, tmp_path / "out")
    assert "demo model" not in body
    assert "`org/serious-model`" in body


def test_sets_are_measured_as_they_came_and_as_they_were_shown(study, tmp_path):
    for candidate_set in CandidateSet.objects.filter(item__study=study):
        for of, distance in [("first-try", 0.25), ("shown", 0.5)]:
            Diversity.objects.create(
                candidate_set=candidate_set, of=of, embedder=N_GRAMS, texts=4, mean_distance=distance, vendi=2.0
            )
    _, body, manifest = written(study, tmp_path / "out")
    (line,) = manifest["sampled"]
    assert (line["first_try"]["mean_distance"], line["shown"]["mean_distance"]) == (0.25, 0.5)
    # One set is an item's; two later turns of each of three people have sets of their own.
    assert (line["ready"], line["failed"]) == (7, 0)
    assert f"| `{line['recipe_sha256'][:12]}` | 7 | 0 | 0 | 0.250 | 0.500 | 2.000 | 2.000 |" in body


def test_an_empty_study_has_a_card_too(tmp_path):
    head, body, manifest = written(StudyFactory(), tmp_path / "out")
    assert sorted(head["language"]) == ["en", "fr", "hi", "it", "pt"]
    assert "0 comparisons" in body
    assert set(manifest["rows"].values()) == {0}


def test_sets_that_failed_are_counted_by_reason(study, tmp_path):
    ItemFactory(
        study=study, candidate_set=CandidateSetFactory(failed=True, failure="unfit", finished_at=timezone.now())
    )
    task = TaskFactory(study=study, annotator=AnnotatorFactory(panel=study.panel), own=True)
    failed = CandidateSetFactory(failed=True, failure="unfit", finished_at=timezone.now())
    TurnFactory(task=task, candidate_set=failed, message="?")
    _, body, manifest = written(study, tmp_path / "out")
    assert manifest["failed_sets"] == {"unfit": 2}
    assert "candidate sets that could not be written: unfit: 2" in body
    (prompt,) = manifest["failed_prompts"]
    assert (prompt["language"], prompt["reason"], prompt["prompt_key"]) == ("en", "unfit", None)
    assert f"given prompts without candidates: 1 (`failed_prompts` in `MANIFEST.json`): {prompt['prompt']}" in body
    assert CandidateSet.objects.filter(status="failed").count() == 2


def test_a_hostile_title_breaks_neither_the_front_matter_nor_the_page(tmp_path):
    study = StudyFactory(title=HOSTILE)
    head, body, _ = written(study, tmp_path / "out")
    assert head["pretty_name"] == markdown.one_line(HOSTILE)
    assert head["configs"][0]["default"] is True
    html = MarkdownIt("commonmark").enable("table").render(body)
    assert "<script" not in html
    assert "<a " not in html
    assert "href" not in html
    # It stands in the citation once more, as code.
    assert html.count("javascript") == 2
    assert html.startswith("<h1>Evil: &quot;x&quot; --- # [a](javascript:1) | &lt;script&gt;")


def test_an_unknown_licence_is_named(tmp_path):
    study = StudyFactory(asks={"licence": "Our own: terms"})
    head, _, _ = written(study, tmp_path / "out")
    assert (head["license"], head["license_name"]) == ("other", "Our own: terms")


def test_the_completion_code_stays_here(study, tmp_path):
    write(study, tmp_path / "out")
    for path in (tmp_path / "out").rglob("*"):
        assert path.is_dir() or b"C0FFEE" not in path.read_bytes()


@pytest.mark.parametrize(
    ("rows", "category"), [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (2_000_000, "1M<n<10M"), (10**8, "n>10M")]
)
def test_sizes_have_the_names_of_the_hub(rows, category):
    assert card.size_of(rows) == category
