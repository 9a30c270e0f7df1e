"""A study may mark topics whose answers should agree: nobody is asked to differ on them."""

import json
from uuid import uuid4

import pytest
from django.utils import timezone

from collection import conversation, study_editing, study_file, writing_ahead
from collection.configuration import Configuration
from collection.models import Item, Study
from collection.prompt_loading import load_prompts
from collection.study_editing import WouldChangeAnswers
from sampling.intake import define_recipe
from sampling.recipe_document import IMPORTED
from tests.collection.test_load_study import EXAMPLE
from tests.factories import ASKS, CandidateSetFactory, ComparisonFactory, ItemFactory, StudyFactory, TaskFactory

pytestmark = pytest.mark.django_db

MARKED = EXAMPLE.replace("own_share: 0.3", "own_share: 0.3, factual_topics: [science, history]")
SAME = "Water boils at 100 degrees at sea level, and at less on a mountain."


def apply(text):
    document = study_file.read(text)
    return study_editing.apply(document=document, by=None, now=timezone.now())


def refused(text):
    with pytest.raises(WouldChangeAnswers) as caught:
        apply(text)
    return caught.value.faults


def an_item(study, topic, **fields):
    return ItemFactory(study=study, prompt__topic=topic, **fields)


def test_sets_of_a_marked_topic_are_asked_for_as_facts():
    study = StudyFactory(state=Study.State.DRAFT, asks={"prompts": {"factual_topics": ["science"]}})
    items = [an_item(study, topic, candidate_set=None) for topic in ("science", "life", "")]
    single = ItemFactory(study=study, prompt__factual=True, candidate_set=None)
    writing_ahead.ask(study=study, now=timezone.now())
    marks = dict(Item.objects.values_list("pk", "candidate_set__factual"))
    assert marks == {items[0].pk: True, items[1].pk: False, items[2].pk: False, single.pk: True}


def test_what_follows_in_the_conversation_stays_marked():
    study = StudyFactory(asks={"prompts": {"factual_topics": ["science"]}})
    for topic, factual in (("science", True), ("life", False)):
        task = TaskFactory(study=study, item=an_item(study, topic))
        ComparisonFactory(turn__task=task)
        turn = conversation.send_message(task=task, message="Why?", idempotency_key=uuid4(), now=timezone.now())
        assert turn.candidate_set.factual is factual


def test_imported_answers_to_a_fact_may_say_the_same(tmp_path):
    study = StudyFactory(state=Study.State.DRAFT, asks={"prompts": {"factual_topics": ["science"]}})
    path = tmp_path / "prompts.jsonl"
    rows = [
        {"language": "en", "text": f"When does water boil in {place}?", "topic": topic, "candidates": [SAME] * 4}
        for topic, place in (("science", "Rome"), ("cooking", "Lima"))
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    report = load_prompts(study=study, path=path, now=timezone.now())
    assert (report.added, [number for number, _reason in report.refused]) == (1, [2])
    assert Item.objects.get().candidate_set.factual


def test_a_study_without_marked_topics_keeps_the_hash_it_had():
    asks = {**ASKS, "slug": "plain", "prompts": {"own_share": 0.5}}
    plain = Configuration.model_validate(asks)
    assert plain.canonical()["prompts"] == {"own_share": 0.5}
    marked = Configuration.model_validate({**asks, "prompts": {"own_share": 0.5, "factual_topics": ["science"]}})
    assert marked.sha256() != plain.sha256()
    assert Configuration.model_validate(marked.canonical()) == marked


# ---- marking later ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", ["requested", "failed"])
def test_sets_that_are_not_written_follow_the_mark(everyday, status):
    fields = {"failed": True} if status == "failed" else {"status": status, "canonical_order": None}
    item = an_item(everyday, "science", candidate_set=CandidateSetFactory(**fields))
    other = an_item(everyday, "life", candidate_set=CandidateSetFactory(**fields))
    assert apply(MARKED).changed == ["prompts"]
    assert [Item.objects.get(pk=each.pk).candidate_set.factual for each in (item, other)] == [True, False]
    apply(EXAMPLE)
    assert not Item.objects.get(pk=item.pk).candidate_set.factual


def test_a_prompt_that_is_marked_itself_stays_marked(everyday):
    requested = CandidateSetFactory(status="requested", canonical_order=None, factual=True)
    item = an_item(everyday, "science", prompt__factual=True, candidate_set=requested)
    apply(MARKED)
    apply(EXAMPLE)
    assert Item.objects.get(pk=item.pk).candidate_set.factual


def test_a_topic_is_not_marked_once_answers_are_written_without_it(everyday):
    an_item(everyday, "science")
    an_item(everyday, "life")
    [fault] = refused(MARKED)
    assert fault.place == "prompts.factual_topics"
    assert "cannot change for science" in fault.message
    assert "factual_topics" in MARKED.splitlines()[fault.line - 1]


def test_a_mark_is_not_taken_away_once_answers_are_written_with_it(everyday):
    apply(MARKED)
    everyday.refresh_from_db()
    an_item(everyday, "history", candidate_set=CandidateSetFactory(factual=True))
    [fault] = refused(EXAMPLE)
    assert "cannot change for history" in fault.message


def test_answers_that_came_ready_and_other_topics_are_no_hindrance(everyday):
    an_item(everyday, "science", candidate_set=CandidateSetFactory(recipe=define_recipe(IMPORTED)))
    an_item(everyday, "life")
    an_item(everyday, "history", candidate_set=None)
    assert apply(MARKED).changed == ["prompts"]
