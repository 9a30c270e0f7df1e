"""The 45 columns say what people saw, chose and wrote."""

import csv

import pytest

from annotators import enrolment
from collection.models import Comparison
from exports.records import wide_columns
from tests.exports.conversations import rows, talk, write
from tests.factories import AnnotatorFactory, CandidateSetFactory, ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = [
    "conversation_id",
    "assigned_lang",
    "annotator_id",
    "wave",
    "annotator_age",
    "annotator_gender",
    "annotator_education_level",
    "annotator_political",
    "annotator_ethnicity",
    "annotator_country",
    "is_pregenerated_first_prompt",
    "in_balanced_subset",
    "in_balanced_subset_10",
]
OF_A_TURN = [
    "prompt",
    "responses",
    "response_a",
    "response_b",
    "response_c",
    "response_d",
    "preferred_response",
    "feedback",
]
COLUMNS = HEAD + [f"{t}_turn_{name}" for t in ("first", "second", "third", "fourth") for name in OF_A_TURN]

HOSTILE = [
    '=HYPERLINK("http://evil.example","click")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "＝1",
    "'=already escaped",
    'a "quoted", comma\nand a line\r\nand another',
    "مرحبا \u202e abc",
    "# Response B:\nI am not B",
    "null",
    "\N{ZERO WIDTH SPACE}",
]


@pytest.fixture
def study():
    return StudyFactory(asks={"turns": {"maximum": 4}})


@pytest.fixture
def annotator(study):
    return AnnotatorFactory(panel=study.panel, language="fr", answers={"country": "fr", "age": "35-45", "gender": ""})


@pytest.fixture
def item(study):
    candidate_set = CandidateSetFactory(language="fr", canonical_order=[2, 0, 3, 1])
    return ItemFactory(study=study, language="fr", candidate_set=candidate_set)


def one(tmp_path, study):
    write(study, tmp_path / "out")
    (line,) = rows(tmp_path / "out", "conversations")
    return line


def test_the_columns_are_those_of_community_alignment(tmp_path, study, annotator, item):
    assert len(COLUMNS) == 45
    assert [column.name for column in wide_columns()] == COLUMNS
    talk(study=study, annotator=annotator, item=item)
    assert list(one(tmp_path, study)) == COLUMNS


def test_a_line_says_who_answered_what(tmp_path, study, annotator, item):
    study.panel.wave = 3
    study.panel.save()
    talk(study=study, annotator=annotator, item=item, choices=[3], explanations=["C'est la mienne."])
    line = one(tmp_path, study)
    texts = [candidate.text for candidate in item.candidate_set.candidates.order_by("slot")]
    shown = {f"first_turn_response_{letter}": texts[slot] for letter, slot in zip("abcd", [2, 0, 3, 1], strict=True)}
    assert (
        line
        | shown
        | {
            "assigned_lang": "fr",
            "wave": 3,
            "annotator_age": "35-45",
            "annotator_gender": None,
            "annotator_education_level": None,
            "annotator_country": "france",
            "is_pregenerated_first_prompt": True,
            "in_balanced_subset": False,
            "in_balanced_subset_10": False,
            "first_turn_prompt": item.prompt.text,
            "first_turn_preferred_response": "response_c",
            "first_turn_feedback": "C'est la mienne.",
            "second_turn_prompt": None,
        }
        == line
    )
    assert line["first_turn_" + line["first_turn_preferred_response"]] == texts[3]


def test_every_turn_stands_in_its_columns(tmp_path, study, annotator, item):
    task = talk(study=study, annotator=annotator, item=item, choices=[1, 0, 2, 3])
    line = one(tmp_path, study)
    for ordinal, turn in zip(("first", "second", "third", "fourth"), task.turns.order_by("number"), strict=True):
        assert line[f"{ordinal}_turn_prompt"] == turn.message
        assert line[f"{ordinal}_turn_{line[f'{ordinal}_turn_preferred_response']}"] == turn.chosen.text


def test_none_of_these_is_a_turn_without_a_preferred_response(tmp_path, study, annotator, item):
    talk(study=study, annotator=annotator, item=item, choices=["none", 2], explanations=["Neither.", "This."])
    line = one(tmp_path, study)
    assert line["first_turn_preferred_response"] is None
    assert line["first_turn_feedback"] == "Neither."
    assert line["first_turn_response_a"]
    assert line["second_turn_preferred_response"].startswith("response_")
    assert line["third_turn_prompt"] is None


def test_a_prompt_of_ones_own_and_no_explanation(tmp_path, study, annotator):
    talk(study=study, annotator=annotator, messages=["Que faire ?"], explanations=[""])
    line = one(tmp_path, study)
    assert line["is_pregenerated_first_prompt"] is False
    assert line["first_turn_prompt"] == "Que faire ?"
    assert line["first_turn_feedback"] is None


def test_accepted_turns_of_unfinished_tasks_are_there_and_open_turns_are_not(tmp_path, study, annotator, item):
    talk(study=study, annotator=annotator, item=item, choices=[0, None], state="expired")
    line = one(tmp_path, study)
    assert line["first_turn_preferred_response"] == "response_b"
    assert line["second_turn_prompt"] is None


def test_surplus_work_and_uncompared_tasks_stay_out(tmp_path, study, item):
    for surplus, choices in [(True, [0]), (False, [None])]:
        someone = AnnotatorFactory(panel=study.panel)
        talk(study=study, annotator=someone, item=item, choices=choices, surplus=surplus, state="expired")
    manifest = write(study, tmp_path / "out")
    assert rows(tmp_path / "out", "conversations") == []
    assert manifest["excluded"]["surplus conversations (in the long tables only)"] == 1
    assert manifest["excluded"]["conversations without a comparison (in the long tables only)"] == 1
    assert sorted(turn["outcome"] for turn in rows(tmp_path / "out", "turns")) == ["chosen", "missing"]


def test_the_block_has_each_text_under_its_heading_and_no_candidate_can_fake_one(tmp_path, study, annotator):
    texts = ["First.", "# Response B:\nFake.", "Third.", "Fourth."]
    candidate_set = CandidateSetFactory(texts=texts, canonical_order=[0, 1, 2, 3])
    talk(study=study, annotator=annotator, item=ItemFactory(study=study, candidate_set=candidate_set))
    line = one(tmp_path, study)
    assert line["first_turn_responses"] == (
        "# Response A:\nFirst.\n\n# Response B:\n\\# Response B:\nFake.\n\n"
        "# Response C:\nThird.\n\n# Response D:\nFourth."
    )
    assert line["first_turn_response_b"] == texts[1]


def test_an_answer_without_a_published_name_is_null_and_counted(tmp_path, study, annotator, item):
    annotator.survey_answers.filter(question="gender").update(value="other")
    column = study.version.configuration["columns"]["annotator_gender"]
    del column["values"]["other"]
    study.version.save()
    talk(study=study, annotator=annotator, item=item)
    manifest = write(study, tmp_path / "out")
    assert rows(tmp_path / "out", "conversations")[0]["annotator_gender"] is None
    assert manifest["unmapped"] == {"annotator_gender": {"other": 1}}


def test_not_said_can_have_a_published_name(tmp_path, study, annotator, item):
    study.version.configuration["columns"]["annotator_gender"]["values"][""] = "Prefer not to say"
    study.version.save()
    talk(study=study, annotator=annotator, item=item)
    assert one(tmp_path, study)["annotator_gender"] == "Prefer not to say"


def hostile_release(study, folder):
    for text in HOSTILE:
        talk(study=study, annotator=AnnotatorFactory(panel=study.panel), messages=[text], explanations=[text])
    write(study, folder)
    return folder


def test_hostile_text_is_exact_in_parquet(tmp_path, study):
    lines = rows(hostile_release(study, tmp_path / "out"), "conversations")
    assert sorted(line["first_turn_prompt"] for line in lines) == sorted(HOSTILE)
    assert [line["first_turn_feedback"] for line in lines] == [line["first_turn_prompt"] for line in lines]


def test_no_cell_of_a_csv_begins_like_a_formula(tmp_path, study):
    hostile_release(study, tmp_path / "out")
    for path in sorted((tmp_path / "out" / "csv").iterdir()):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                assert not [cell for cell in row.values() if cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))]


def test_a_csv_holds_the_same_as_the_parquet_file_once_the_apostrophes_are_taken_away(tmp_path, study):
    hostile_release(study, tmp_path / "out")
    with (tmp_path / "out/csv/conversations-00000.csv").open(encoding="utf-8", newline="") as lines:
        found = [{name: unescaped(cell) for name, cell in row.items()} for row in csv.DictReader(lines)]
    exact = [
        {
            name: "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in row.items()
        }
        for row in rows(tmp_path / "out", "conversations")
    ]
    assert found == exact


def unescaped(cell):
    """Return what the codebook says a cell stands for."""
    signs = cell.lstrip("'")[:1]
    return cell[1:] if cell.startswith("'") and signs and signs in "=+-@\t\r\n＝＋－＠" else cell


def test_a_withdrawn_person_is_not_in_the_next_release(tmp_path, study, annotator, item):
    other = AnnotatorFactory(panel=study.panel, language="fr")
    for person in (annotator, other):
        talk(study=study, annotator=person, item=item, explanations=[f"By {person.pseudonym}"])
    write(study, tmp_path / "before")
    numbers = {line["first_turn_feedback"]: line["annotator_id"] for line in rows(tmp_path / "before", "conversations")}
    enrolment.withdraw(annotator=annotator, now=item.prompt.recorded_at)
    manifest = write(study, tmp_path / "after")
    (left,) = rows(tmp_path / "after", "conversations")
    assert left["annotator_id"] == numbers[f"By {other.pseudonym}"]
    assert {turn["annotator_id"] for turn in rows(tmp_path / "after", "turns")} == {left["annotator_id"]}
    assert manifest["excluded"]["people whose consent does not stand"] == 1
    assert manifest["people"]["total"] == 1


def test_what_came_after_the_snapshot_is_left_to_the_next_release(tmp_path, study, annotator, item):
    first = talk(study=study, annotator=annotator, item=item)
    moment = Comparison.objects.get(turn__task=first).recorded_at
    talk(study=study, annotator=annotator)
    write(study, tmp_path / "out", snapshot_at=moment)
    assert len(rows(tmp_path / "out", "conversations")) == 1
