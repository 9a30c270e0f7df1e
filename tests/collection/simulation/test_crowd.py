"""A crowd on the pages of a site: what it does besides choosing, and what is the same whenever it comes."""

import pytest
from django.utils import timezone

from annotators import enrolment
from collection import dry_run_copying, in_a_loop
from collection.models import Comparison, Task
from collection.simulation import crowd, population, summary
from collection.simulation.person import Temper
from collection.simulation.visit import End
from tests.collection.simulation.studies import study_with
from tests.factories import ItemFactory, PromptFactory

pytestmark = pytest.mark.django_db(transaction=True)

STEADY = Temper(drop_out=0, skips=0, position_bias=0, laziness=0)


def work(study, site, *, people, seed=1, temper=STEADY, lost=()):
    """Let people work; those of the numbers in `lost` have a link that leads nowhere."""
    drawn = population.draw([], count=people, languages=study.asks.languages, seed=seed, temper=temper)
    _kept, token = enrolment.invite(panel=study.panel, language="en", now=timezone.now())
    working = crowd.work(
        drawn, site=site, way_in=lambda person: f"/join/{'nobody' if person.number in lost else token}/"
    )
    return in_a_loop.run(working, look=lambda: None)


def chosen(done):
    """Return the text that each person chose, by their number and the message it answers."""
    return {
        (diary.person.number, choice.message): None if choice.place is None else choice.shown[choice.place]
        for diary in done.diaries
        for choice in diary.choices
    }


def test_the_same_seed_makes_the_same_choices_and_another_one_others(live_server):
    study = study_with(items=3, overlap=4, tasks_per_annotator=3)

    first, again, other = (
        chosen(work(copy_of(study, number), live_server.url, people=4, seed=seed))
        for number, seed in enumerate((5, 5, 6))
    )

    assert len(first) == 4 * 3
    assert again == first
    assert other.keys() == first.keys()
    assert other != first


def copy_of(study, number):
    return dry_run_copying.copy(study=study, slug=f"again-{number}", now=timezone.now())


def test_who_presses_everything_twice_and_reloads_saves_each_choice_once(live_server):
    study = study_with(items=4, overlap=3)
    restless = Temper(drop_out=0, skips=0, double_clicks=1, reloads=1, drafts=1)

    done = work(study, live_server.url, people=3, temper=restless)

    assert summary.of([done])["what_went_wrong"] == {}
    assert Comparison.objects.filter(turn__task__study=study).count() == 12
    assert sum(len(diary.choices) for diary in done.diaries) == 12
    assert all(diary.did["reloaded"] and diary.did["pressed a button twice"] for diary in done.diaries)


def test_who_closes_the_page_comes_back_by_their_link_and_finishes(live_server):
    study = study_with(items=4, overlap=3)

    done = work(study, live_server.url, people=3, temper=Temper(drop_out=1, comes_back=1, skips=0))

    assert {diary.end for diary in done.diaries} == {End.FINISHED}
    assert [diary.did["came back"] for diary in done.diaries] == [4, 4, 4]
    assert Comparison.objects.filter(turn__task__study=study).count() == 12


def test_who_vanishes_leaves_an_open_task_behind(live_server):
    study = study_with(items=4, overlap=3)

    done = work(study, live_server.url, people=2, temper=Temper(drop_out=1, comes_back=0, skips=0))

    assert {diary.end for diary in done.diaries} == {End.VANISHED}
    assert Task.objects.filter(study=study).open().count() == 2
    assert not Comparison.objects.filter(turn__task__study=study).exists()


def test_too_short_an_explanation_is_made_longer(live_server):
    study = study_with(items=2, overlap=1, explanations={"asked": "required", "minimum_characters": 100})

    done = work(study, live_server.url, people=1, temper=Temper(laziness=1, drop_out=0, skips=0))

    assert summary.of([done])["what_went_wrong"] == {}
    written = Comparison.objects.filter(turn__task__study=study).values_list("explanation", flat=True)
    assert [len(text) >= 100 for text in written] == [True, True]


def test_what_fails_for_one_person_is_told_and_stops_nobody_else(live_server):
    study = study_with(items=4, overlap=3)

    done = work(study, live_server.url, people=3, lost={1})

    assert [diary.end for diary in done.diaries] == [End.FINISHED, End.STUCK, End.FINISHED]
    assert summary.of([done])["what_went_wrong"] == {"NotAsExpected: 404 at /join/nobody/": 1}


def test_who_skips_everything_compares_nothing_and_finishes_nothing(live_server):
    study = study_with(items=3, overlap=3)

    done = work(study, live_server.url, people=1, temper=Temper(skips=1, drop_out=0))

    assert (done.diaries[0].did["skipped"], done.diaries[0].tasks, done.diaries[0].choices) == (3, 0, [])
    assert list(Task.objects.filter(study=study).values_list("state", flat=True)) == ["abandoned"] * 3


def test_who_misses_attention_checks_is_stopped_by_the_rule_and_that_is_no_error(live_server):
    study = study_with(items=8, overlap=6, tasks_per_annotator=8, attention={"share": 0.5, "pause_after": 2})
    for _each in range(6):
        prompt = PromptFactory(study=study, role="attention", expected_slot=0)
        ItemFactory(study=study, prompt=prompt, wanted=0)

    done = work(study, live_server.url, people=6, temper=Temper(skips=0, drop_out=0, position_bias=50, laziness=1))

    assert {diary.end for diary in done.diaries} <= {End.STOPPED, End.FINISHED}
    assert End.STOPPED in {diary.end for diary in done.diaries}
    assert summary.of([done])["errors"] == 0


def test_what_the_page_measures_and_asks_beside_is_sent_with_a_choice(live_server):
    study = study_with(items=2, overlap=3, also_ask={"strength": True, "acceptable": True, "better": True})

    work(study, live_server.url, people=2)

    measured = Comparison.objects.filter(turn__task__study=study)
    assert set(measured.values_list("device", flat=True)) <= {"phone", "tablet", "computer"}
    assert all(seconds >= 0 for seconds in measured.values_list("seconds_visible", flat=True))
    assert all(len(seen) == 4 for seen in measured.values_list("exposure", flat=True))
    for made in measured.select_related("turn"):
        assert (made.strength in {1, 2, 3}) == (made.outcome == "chosen")
        assert bool(made.better) == (made.outcome == "none")
        if made.outcome == "chosen":
            assert made.acceptable[made.turn.order.index(made.candidate.slot)] == "yes"
