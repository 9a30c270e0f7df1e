"""Conversations of several turns: people write in their language, wait for answers, and go on or end."""

from collections import Counter

import pytest
from django.utils import timezone

from annotators import enrolment
from collection import in_a_loop
from collection.models import Comparison, Task, Turn
from collection.simulation import crowd, population, summary
from collection.simulation.person import Temper
from collection.simulation.visit import End, Pace
from collection.simulation.words import SENTENCES
from sampling.models import CandidateSet
from tests.collection.simulation.studies import study_with
from tests.factories import make_ready

pytestmark = pytest.mark.django_db(transaction=True)

TALKATIVE = Temper(goes_on=1, drop_out=0, skips=0, none=-100)


def work(study, site, *, language, people=2, temper=TALKATIVE, patience=60.0, write=make_ready):
    """Let people work while somebody writes the answers that they wait for."""
    drawn = population.draw([], count=people, languages=[language], seed=1, temper=temper)
    _kept, token = enrolment.invite(panel=study.panel, language=language, now=timezone.now())
    pace = Pace(look_every_seconds=0.2, patience_seconds=patience)
    working = crowd.work(drawn, site=site, way_in=lambda person: f"/join/{token}/", pace=pace)
    return in_a_loop.run(working, look=lambda: [write(one) for one in CandidateSet.objects.requested()], every=0.1)


def study_of(language, **asks):
    return study_with(
        items=0,
        **{
            "languages": [language],
            "prompts": {"own_share": 1.0},
            "turns": {"minimum": 1, "maximum": 3},
            "tasks_per_annotator": 1,
            **asks,
        },
    )


@pytest.mark.parametrize("language", ["hi", "fr"])
def test_they_open_go_on_and_explain_in_their_language(live_server, language):
    study = study_of(language)

    done = work(study, live_server.url, language=language)

    assert summary.of([done])["what_went_wrong"] == {}
    assert {diary.end for diary in done.diaries} == {End.FINISHED}
    spoken = SENTENCES[language]
    written = {}
    for number, message in Turn.objects.filter(task__study=study).values_list("number", "message"):
        written.setdefault(number, set()).add(message)
    assert written[1] <= set(spoken.openings)
    assert written[2] | written[3] <= set(spoken.further)
    explained = Comparison.objects.exclude(explanation="").values_list("explanation", flat=True)
    assert set(explained) <= set(spoken.reasons)


def test_who_has_nothing_more_to_say_ends_the_conversation(live_server):
    study = study_of("en")

    done = work(study, live_server.url, language="en", temper=Temper(goes_on=0, drop_out=0, skips=0, none=-100))

    assert {diary.end for diary in done.diaries} == {End.FINISHED}
    assert list(Task.objects.filter(study=study).values_list("state", flat=True)) == ["completed"] * 2
    assert Turn.objects.filter(task__study=study).count() == 2


def test_none_of_these_is_said_in_other_words(live_server):
    study = study_of("en", turns={"minimum": 1, "maximum": 2})

    done = work(
        study, live_server.url, language="en", temper=Temper(none=100, laziness=0, goes_on=1, skips=0, drop_out=0)
    )

    assert {diary.end for diary in done.diaries} == {End.FINISHED}
    assert set(Comparison.objects.values_list("outcome", flat=True)) == {"none"}
    assert set(Turn.objects.filter(number=2).values_list("follows", flat=True)) == {"rewording"}


def test_where_nobody_writes_answers_they_leave_after_a_while_and_say_so(live_server):
    study = study_of("en")

    done = work(study, live_server.url, language="en", people=1, patience=0.5, write=lambda one: None)

    *each, last = done.diaries[0].errors
    assert len(each) == 4
    assert all(error.startswith("no answers after 0 seconds at /tasks/") for error in each)
    assert last == "NotAsExpected: gave up after 3 conversations without answers"
    assert Task.objects.filter(study=study, left_because="failed").count() == 3


def test_answers_that_could_not_be_written_are_asked_for_again(live_server):
    study, failed = study_of("en"), Counter()

    def fail_twice(one):
        failed[one.pk] += 1
        # After the first time the site tries again by itself.
        if failed[one.pk] > 2:
            make_ready(one)
        else:
            CandidateSet.objects.filter(pk=one.pk).update(status="failed", failure="count")

    done = work(study, live_server.url, language="en", people=1, write=fail_twice)

    assert done.diaries[0].end == End.FINISHED
    assert done.diaries[0].did["answers that could not be written"] == 3
    assert Comparison.objects.filter(turn__task__study=study).count() == 3


def test_answers_that_can_never_be_written_are_left_after_one_more_try(live_server):
    study = study_of("en")

    def fail(one):
        CandidateSet.objects.filter(pk=one.pk).update(status="failed", failure="count")

    done = work(study, live_server.url, language="en", people=1, write=fail)

    assert done.diaries[0].errors == ["NotAsExpected: gave up after 3 conversations without answers"]
    assert (
        list(Task.objects.filter(study=study, left_because="failed").values_list("state", flat=True))
        == ["abandoned"] * 3
    )
    assert done.diaries[0].did["answers that could not be written"] == 8
