"""Prompt tables become items; every line is accounted for."""

import json
from pathlib import Path

import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from collection import prompt_file
from collection.models import Item, Overlap, Prompt, Study
from collection.prompt_loading import StudyIsClosed, load_prompts
from tests.factories import StudyFactory

pytestmark = pytest.mark.django_db

ANSWERS = [
    "Ask your grandmother how she did it, and write the recipe down for your children.",
    "Look up three tested recipes, compare the quantities and take the one with the best ratio.",
    "Buy only what keeps for a week, so that nothing is wasted and the money lasts.",
    "Throw in whatever you feel like today and make the dish your own, spices and all.",
]


def table(tmp_path, *rows, name="prompts.jsonl"):
    path = tmp_path / name
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def load(study, path):
    return load_prompts(study=study, path=path, now=timezone.now())


@pytest.fixture
def study():
    return StudyFactory(state=Study.State.DRAFT)


def test_a_prompt_becomes_an_item_that_wants_people(study, tmp_path):
    report = load(
        study, table(tmp_path, {"language": "en", "text": "What can I cook with lentils?", "topic": "recipes"})
    )
    assert (report.read, report.added, report.duplicate, report.refused) == (1, 1, 0, [])
    overlap = Overlap.objects.get(item__study=study)
    assert (overlap.wanted, overlap.taken) == (study.asks.overlap.wanted, 0)
    assert overlap.item.candidate_set is None


def test_ready_candidates_make_an_item_that_is_assignable_at_once(study, tmp_path):
    row = {"language": "en", "text": "How do I cook lentils?", "candidates": [{"text": text} for text in ANSWERS]}
    path = table(tmp_path, row)
    load(study, path)
    (item,) = Item.objects.assignable()
    assert sorted(candidate.text for candidate in item.candidate_set.candidates.all()) == sorted(ANSWERS)
    assert item.candidate_set.source_file == "prompts.jsonl"
    assert item.candidate_set.source_sha256 == prompt_file.sha256(path)
    assert item.candidate_set.source_line == 1


def test_labels_and_authors_are_kept_and_what_is_unknown_stays_empty(study, tmp_path):
    candidates = [{"text": text, "labels": ["survival"]} for text in ANSWERS]
    candidates[1] |= {"author_kind": "person", "author": "a cook"}
    load(study, table(tmp_path, {"language": "en", "text": "How?  Lentils.", "candidates": candidates}))
    first, second, *_rest = Item.objects.get().candidate_set.candidates.order_by("slot")
    assert (first.author_kind, first.author, first.labels) == ("", "", ["survival"])
    assert (second.author_kind, second.author) == ("person", "a cook")


def test_loading_a_file_twice_adds_nothing(study, tmp_path):
    path = table(tmp_path, {"language": "en", "text": "One"}, {"language": "en", "text": "Two"})
    load(study, path)
    report = load(study, path)
    assert (report.read, report.added, report.duplicate) == (2, 0, 2)
    assert Prompt.objects.count() == 2


def test_the_same_words_with_other_spaces_are_a_duplicate(study, tmp_path):
    report = load(
        study, table(tmp_path, {"language": "en", "text": "One  two"}, {"language": "en", "text": "One two\n"})
    )
    assert (report.added, report.duplicate) == (1, 1)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"language": "en"}, "text is missing"),
        ({"language": "en", "text": "  "}, "empty"),
        ({"language": "en", "text": "a\x00b"}, "NUL"),
        ({"language": "xx", "text": "a"}, "not in xx"),
        ({"language": "en", "text": "a", "colour": "red"}, "colour is not known"),
        ({"language": "en", "text": "a", "candidates": ANSWERS[:3]}, "has 3 candidates"),
        ({"language": "en", "text": "a", "candidates": [*ANSWERS[:3], ""]}, "not fit to be shown"),
        ({"language": "en", "text": "a", "candidates": [*ANSWERS[:3], ANSWERS[0]]}, "not fit to be shown"),
    ],
)
def test_a_line_that_is_not_fit_is_refused_with_its_reason(study, tmp_path, row, reason):
    report = load(study, table(tmp_path, {"language": "en", "text": "good"}, row))
    assert report.added == 1
    ((line, said),) = report.refused
    assert line == 2
    assert reason in said
    assert Prompt.objects.count() == 1


def test_a_broken_line_stops_only_itself(study, tmp_path):
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"language": "en", "text": "a"}\n{"lang\n[1]\n{"language": "en", "text": "b"}\n')
    report = load(study, path)
    assert (report.read, report.added) == (4, 2)
    assert [line for line, _reason in report.refused] == [2, 3]


def test_a_key_that_another_prompt_has_is_refused(study, tmp_path):
    rows = [{"language": "en", "text": text, "key": "k"} for text in ("a", "b")]
    report = load(study, table(tmp_path, *rows))
    assert report.added == 1
    assert "key k" in report.refused[0][1]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_tables_of_other_kinds_say_the_same(study, tmp_path, kind):
    path = tmp_path / f"prompts.{kind}"
    frame = pd.DataFrame(
        [
            {"language": "en", "text": "नमस्ते, how are you?", "topic": "", "candidates": json.dumps(ANSWERS)},
            {"language": "en", "text": "NA", "topic": "null", "candidates": ""},
        ]
    )
    frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path)
    report = load(study, path)
    assert (report.read, report.added, report.with_candidates, report.refused) == (2, 2, 1, [])
    assert set(Prompt.objects.values_list("text", "topic")) == {("नमस्ते, how are you?", ""), ("NA", "null")}


@pytest.mark.parametrize(
    ("name", "content"), [("a.xlsx", b"PK"), ("a.parquet", b"no"), ("a.jsonl", b"\xff\xfe"), ("a.csv", b"")]
)
def test_what_is_no_table_is_refused_in_a_sentence(study, tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CommandError, match=name):
        call_command("load_prompts", study.slug, path)


def test_a_closed_study_takes_no_prompts(tmp_path):
    with pytest.raises(StudyIsClosed):
        load(StudyFactory(state=Study.State.CLOSED), table(tmp_path, {"language": "en", "text": "a"}))


def test_the_command_tells_what_became_of_every_line(study, tmp_path, capsys):
    path = table(tmp_path, {"language": "en", "text": "a"}, {"language": "en", "text": "a"}, {"language": "en"})
    call_command("load_prompts", study.slug, path)
    said = capsys.readouterr()
    assert "Read 3, added 1 (0 with ready candidates), duplicate 1, refused 1." in said.out
    assert "Line 3: text is missing" in said.err


@pytest.mark.parametrize("language", ["en", "fr", "it", "hi", "pt"])
def test_our_demo_prompts_are_all_taken(language, everyday):
    report = load(everyday, Path(f"examples/everyday/prompts/{language}.jsonl"))
    assert report.refused == []
    assert report.added == report.read >= 30
    assert report.with_candidates >= 8


def test_our_arabic_prompts_are_all_taken(arabic):
    report = load(arabic, Path("examples/arabic/prompts/ar.jsonl"))
    assert report.refused == []
    assert report.with_candidates >= 10


# ---- what is wrong with ready candidates, and who can tell -----------------------------------------------------------
def with_candidates(*texts):
    return {"language": "en", "text": "How do I cook lentils?", "candidates": [{"text": text} for text in texts]}


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (ANSWERS[0], "Two answers say the same in almost the same words."),
        ("I'm sorry, but I can't help with that.", "An answer declines to answer."),
        (
            "Here are four responses that represent diverse values.",
            "An answer talks about the task instead of doing it.",
        ),
        ("Salt it, then wait for the", ""),
        ("Salt it, then:", "An answer is cut off."),
        ("Boil that shit, and then boil it again.", "An answer holds a word that is never shown"),
        ("Boil it. " * 200, "One answer is out of all proportion to the others in its length."),
    ],
)
def test_the_report_says_in_words_why_candidates_are_not_fit(study, tmp_path, last, reason):
    report = load(study, table(tmp_path, with_candidates(*ANSWERS[:3], last)))
    assert report.added == (not reason)
    assert [reason in said for _line, said in report.refused] == [True] * bool(reason)


def test_the_report_names_the_words_that_are_never_shown(study, tmp_path):
    report = load(study, table(tmp_path, with_candidates(*ANSWERS[:3], "Boil that shit, and bullshit to the rest.")))
    assert report.refused[0][1].endswith("(shit, bullshit)")


@pytest.fixture
def study_with_a_classifier():
    moderation = {"classifier": {"model": "nowhere/at all", "labels": ["toxic"]}}
    return StudyFactory(state=Study.State.DRAFT, asks={"recipes": {"first": {"moderation": moderation}}})


def test_where_a_model_has_to_judge_the_website_says_what_to_do(study_with_a_classifier, tmp_path):
    rows = [with_candidates(*ANSWERS), {"language": "en", "text": "A prompt without candidates"}]
    report = load(study_with_a_classifier, table(tmp_path, *rows))
    assert report.added == 1
    ((line, said),) = report.refused
    assert line == 1
    assert "load it with the command load_prompts" in said


def test_a_model_that_cannot_be_had_refuses_the_line_and_not_the_table(study_with_a_classifier, tmp_path, capsys):
    rows = [with_candidates(*ANSWERS), {"language": "en", "text": "A prompt without candidates"}]
    call_command("load_prompts", study_with_a_classifier.slug, table(tmp_path, *rows))
    said = capsys.readouterr()
    assert "added 1 (0 with ready candidates)" in said.out
    assert "Line 1: The model could not be loaded. there is no folder nowhere/at all" in said.err
