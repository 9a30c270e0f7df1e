"""Survey, conversations and utterances, as in PRISM, and as its readers use them."""

import pandas
import pytest

from tests.exports.conversations import rows, talk, write
from tests.factories import AnnotatorFactory, CandidateSetFactory, ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)

IN_THE_ORIGINAL = {
    "prism-survey": [
        "user_id",
        "survey_only",
        "num_completed_conversations",
        "age",
        "gender",
        "education",
        "ethnicity",
        "location",
    ],
    "prism-conversations": [
        "conversation_id",
        "user_id",
        "included_in_balanced_subset",
        "generated_datetime",
        "conversation_type",
        "opening_prompt",
        "conversation_turns",
        "conversation_history",
        "open_feedback",
    ],
    "prism-utterances": [
        "utterance_id",
        "interaction_id",
        "conversation_id",
        "user_id",
        "turn",
        "within_turn_id",
        "included_in_balanced_subset",
        "conversation_type",
        "user_prompt",
        "model_response",
        "model_name",
        "model_provider",
        "score",
        "if_chosen",
    ],
}
"""Columns of the published files of PRISM that are here too, in their order."""


@pytest.fixture
def study():
    study = StudyFactory(asks={"turns": {"maximum": 4}})
    item = ItemFactory(study=study, candidate_set=CandidateSetFactory(canonical_order=[3, 1, 0, 2]))
    answers = {"country": "fr", "age": "35-45", "gender": "female"}
    person = AnnotatorFactory(panel=study.panel, answers=answers)
    talk(study=study, annotator=person, item=item, choices=[2, "none"], explanations=["First.", "Second."])
    talk(study=study, annotator=person, choices=[1], messages=["My own."], explanations=[""])
    talk(study=study, annotator=AnnotatorFactory(panel=study.panel), item=item, choices=[None])
    return study


@pytest.fixture
def folder(study, tmp_path):
    write(study, tmp_path / "out", formats=["prism"])
    return tmp_path / "out"


def test_the_columns_are_those_of_prism(folder):
    for table, columns in IN_THE_ORIGINAL.items():
        found = list(rows(folder, table)[0])
        assert [column for column in found if column in columns] == columns


def test_the_survey_says_who_answered(folder):
    done, left = sorted(rows(folder, "prism-survey"), key=lambda line: line["survey_only"])
    assert (done["num_completed_conversations"], left["num_completed_conversations"]) == (2, 0)
    assert (done["age"], done["gender"], done["location"]) == ("35-45", "female", {"reside_country": "france"})


def test_a_conversation_holds_its_history(folder, study):
    lines = rows(folder, "prism-conversations")
    (given,) = [line for line in lines if line["conversation_type"] == "given prompt"]
    (own,) = [line for line in lines if line["conversation_type"] == "unguided"]
    assert (given["conversation_turns"], given["open_feedback"]) == (2, "First.\n\nSecond.")
    assert (own["opening_prompt"], own["open_feedback"]) == ("My own.", None)
    turn = study.tasks.get(published__number=int(given["conversation_id"][1:])).turns.get(number=1)
    history = given["conversation_history"]
    roles = ["user", "model", "model", "model", "model"]
    assert [(entry["turn"], entry["role"]) for entry in history] == [(turn, role) for turn in (0, 1) for role in roles]
    assert [entry["content"] for entry in history[1:5]] == [each.text for each in turn.candidates_in_order()]
    assert [entry["within_turn_id"] for entry in history[1:5]] == [0, 1, 2, 3]
    (chosen,) = [entry["content"] for entry in history if entry["if_chosen"]]
    assert chosen == turn.chosen.text


def test_utterances_are_one_candidate_each_and_join_with_the_rest(folder):
    utterances, survey, conversations = (
        pandas.read_parquet(folder / f"data/prism-{name}-00000.parquet")
        for name in ("utterances", "survey", "conversations")
    )
    assert len(utterances) == 12
    assert utterances["utterance_id"].is_unique
    joined = utterances.merge(survey, on="user_id").merge(conversations, on=["user_id", "conversation_id"])
    assert len(joined) == len(utterances)
    chosen = utterances[utterances["if_chosen"]].groupby("interaction_id").size()
    assert chosen.tolist() == [1, 1]
    assert utterances["score"].isna().all()
