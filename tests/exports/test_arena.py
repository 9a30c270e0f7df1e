"""Battles of two candidates, as Chatbot Arena publishes them, and as leaderboards read them."""

from collections import Counter

import pandas
import pytest

from collection.models import Turn
from sampling.models import Candidate, Completion
from tests.exports.conversations import rows, talk, write
from tests.factories import AnnotatorFactory, CandidateSetFactory, ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def study():
    return StudyFactory(asks={"turns": {"maximum": 4}})


@pytest.fixture
def item(study):
    """Its candidates are of four models."""
    candidate_set = CandidateSetFactory(canonical_order=[3, 1, 0, 2])
    for candidate in candidate_set.candidates.all():
        completion = Completion.objects.create(
            candidate_set=candidate_set,
            number=candidate.slot,
            purpose="set",
            text="…",
            generator="huggingface",
            model=f"org/model-{candidate.slot}",
        )
        Candidate.objects.filter(pk=candidate.pk).update(completion=completion)
    return ItemFactory(study=study, candidate_set=candidate_set)


def battles(study, folder):
    write(study, folder, formats=["arena"])
    return rows(folder, "arena")


def test_the_chosen_one_wins_against_each_of_the_others(study, item, tmp_path):
    talk(study=study, annotator=AnnotatorFactory(panel=study.panel), item=item, choices=[2])
    lines = battles(study, tmp_path / "out")
    won = [(line[line["winner"]], line["model_b" if line["winner"] == "model_a" else "model_a"]) for line in lines]
    model = "org/model-{} (negatively-correlated)".format
    assert sorted(won) == [(model(2), model(0)), (model(2), model(1)), (model(2), model(3))]


def test_none_of_these_is_bad_for_all_pairs(study, item, tmp_path):
    talk(study=study, annotator=AnnotatorFactory(panel=study.panel), item=item, choices=["none"])
    lines = battles(study, tmp_path / "out")
    assert Counter(line["winner"] for line in lines) == {"tie (bothbad)": 6}
    assert len({frozenset([line["model_a"], line["model_b"]]) for line in lines}) == 6


def test_the_first_one_stood_before_the_second_on_the_screen(study, item, tmp_path):
    talk(study=study, annotator=AnnotatorFactory(panel=study.panel), item=item, choices=["none"])
    order = Turn.objects.get(task__item=item).order
    texts = [candidate.text for candidate in item.candidate_set.candidates.order_by("slot")]
    places = {texts[slot]: place for place, slot in enumerate(order)}
    for line in battles(study, tmp_path / "out"):
        first, second = (line[f"conversation_{side}"][-1]["content"] for side in "ab")
        assert places[first] < places[second]
        assert line["conversation_a"][:-1] == line["conversation_b"][:-1]


def test_it_reads_as_leaderboards_read_it(study, item, tmp_path):
    for choice in (0, 0, 1, "none"):
        talk(study=study, annotator=AnnotatorFactory(panel=study.panel), item=item, choices=[choice, 1])
    battles(study, tmp_path / "out")
    frame = pandas.read_parquet(tmp_path / "out/data/arena-00000.parquet")
    assert set(frame["winner"]) <= {"model_a", "model_b", "tie", "tie (bothbad)"}
    assert frame["question_id"].is_unique
    assert frame["anony"].all()
    assert set(frame["language"]) == {"English"}
    assert (pandas.to_datetime(frame["tstamp"], unit="s", utc=True).dt.hour == 0).all()
    # The mean win rate of each model, as the arenas' notebooks reckon it.
    wins = frame[frame["winner"] == "model_a"]["model_a"].value_counts()
    wins = wins.add(frame[frame["winner"] == "model_b"]["model_b"].value_counts(), fill_value=0)
    assert wins["org/model-0 (negatively-correlated)"] == 6
    second = frame[frame["turn"] == 2].iloc[0]
    assert [message["role"] for message in second["conversation_a"]] == ["user", "assistant", "user", "assistant"]
