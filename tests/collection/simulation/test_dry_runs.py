"""Simulated people work through a copy of a study over HTTP, and nothing of it touches the study."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from annotators.ledger import PayEntry
from annotators.models import Annotator, Panel, Quota
from collection import dry_run_copying, dry_run_intake, dry_running, in_a_loop, payouts
from collection.dry_run_intake import CannotDryRun
from collection.models import Comparison, DryRun, Overlap, Study, Task
from collection.simulation import crowd
from collection.simulation.person import Person, Temper
from tests.collection.simulation.studies import study_with
from tests.factories import AnnotatorFactory, PanelFactory, StudyFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

FAITHFUL = Temper(drop_out=0, skips=0)
"""People who stay to the end."""


def dry_run(study, site, *, people=12, seed=7, temper=None):
    asked = dry_run_intake.prepare(study=study, people=people, seed=seed, by=None, now=timezone.now())
    how = dry_running.Settings(site=site, temper=temper or Temper())
    return dry_running.run(dry_run_id=asked.pk, settings=how)


def work_done(study):
    """Return how many people, tasks and comparisons a study has."""
    return (
        Annotator.objects.filter(panel=study.panel).count(),
        Task.objects.filter(study=study).count(),
        Comparison.objects.filter(turn__task__study=study).count(),
    )


# ---- the whole way ---------------------------------------------------------------------------------------------------
def test_twelve_people_finish_without_an_error_and_fill_quotas_and_overlap_exactly(live_server):
    # 45 places for 12 people with 4 conversations each: whoever comes last has something to do.
    study = study_with(items=15, overlap=3, quotas={"us": 5, "fr": 4, "in": 3})

    done = dry_run(study, live_server.url, temper=FAITHFUL)

    said = done.figures
    assert (said["errors"], said["what_went_wrong"]) == (0, {})
    assert said["ends"] == {"finished": 12}
    assert said["comparisons"] == said["saved"] == 15 * 3
    assert [(row["taken"], row["full"], row["over"]) for row in said["overlap"]] == [(45, 15, 0)]
    assert {row["key"]: row["taken"] for row in said["quotas"]} == {"country=us": 5, "country=fr": 4, "country=in": 3}


def test_nothing_of_a_dry_run_is_in_the_study_that_it_copies(live_server):
    study = study_with(items=4, quotas={"us": 3})

    done = dry_run(study, live_server.url, people=3, temper=FAITHFUL)

    assert work_done(study) == (0, 0, 0)
    assert not Overlap.objects.filter(study=study, taken__gt=0).exists()
    assert not Quota.objects.filter(panel=study.panel, taken__gt=0).exists()
    people, _tasks, comparisons = work_done(done.study)
    assert (people, comparisons) == (3, done.figures["saved"])
    assert done.figures["saved"] > 0
    assert done.study.is_dry_run
    assert done.study.state == Study.State.CLOSED


# ---- apart from what is real -----------------------------------------------------------------------------------------
def test_the_database_bars_simulated_people_from_real_panels():
    with pytest.raises(IntegrityError, match="simulated_people_stay_out_of_real_panels"):
        AnnotatorFactory(panel=PanelFactory(), panel_origin="dry-run")


def test_simulated_people_cannot_be_moved_to_a_real_panel_nor_their_panel_be_called_real():
    person = AnnotatorFactory(panel=PanelFactory(origin="dry-run"), panel_origin="dry-run")

    with pytest.raises(IntegrityError, match="simulated_people_stay_out_of_real_panels"):
        Annotator.objects.filter(pk=person.pk).update(panel=PanelFactory())
    with pytest.raises(IntegrityError, match="simulated_people_stay_out_of_real_panels"):
        Panel.objects.filter(pk=person.panel_id).update(origin="real")


def test_real_people_stay_out_of_dry_runs():
    with pytest.raises(IntegrityError, match="simulated_people_stay_out_of_real_panels"):
        AnnotatorFactory(panel=PanelFactory(origin="dry-run"))


def test_nobody_pays_simulated_people():
    panels = [PanelFactory(origin=origin) for origin in ("real", "dry-run")]
    for panel in panels:
        person = AnnotatorFactory(panel=panel, panel_origin=panel.origin)
        PayEntry.objects.create(annotator=person, reason="survey", amount=Decimal(1), currency="EUR")

    assert [len(list(payouts.of(panel))) for panel in panels] == [1, 0]


def test_a_study_cannot_ask_a_panel_of_another_origin():
    with pytest.raises(IntegrityError, match="a_study_and_its_panel_have_one_origin"):
        StudyFactory(panel=PanelFactory(origin="dry-run"))


def test_a_dry_run_is_no_study_of_the_list(client, live_server):
    study = study_with(items=2)
    researcher = UserFactory()
    study.researchers.add(researcher)
    client.force_login(researcher)
    copy = dry_run_copying.copy(study=study, slug="a-copy", now=timezone.now())

    page = client.get(reverse("studies")).content.decode()

    assert reverse("study", args=[study.slug]) in page
    assert reverse("study", args=[copy.slug]) not in page
    assert client.get(reverse("study", args=[copy.slug])).status_code == 200


# ---- asked for -------------------------------------------------------------------------------------------------------
def test_one_dry_run_of_a_study_at_a_time():
    study = study_with(items=2)
    dry_run_intake.prepare(study=study, people=3, seed=1, by=None, now=timezone.now())

    with pytest.raises(CannotDryRun, match="under way"):
        dry_run_intake.prepare(study=study, people=3, seed=1, by=None, now=timezone.now())


def test_a_dry_run_is_not_copied_again():
    copy = dry_run_copying.copy(study=study_with(items=2), slug="a-copy", now=timezone.now())

    with pytest.raises(CannotDryRun, match="already"):
        dry_run_intake.prepare(study=copy, people=3, seed=1, by=None, now=timezone.now())


def test_where_no_answers_are_ready_the_dry_run_says_what_to_do_first():
    asked = dry_run_intake.prepare(study=study_with(items=0), people=3, seed=1, by=None, now=timezone.now())

    ran = dry_running.run(dry_run_id=asked.pk, settings=dry_running.Settings(site="http://127.0.0.1:9"))

    assert (ran.state, ran.failure_sentence) == ("failed", "No prompt has its answers yet: have them written first.")


def test_where_nothing_answers_one_sentence_says_what_to_do(settings):
    settings.SITE_URL = "http://127.0.0.1:9"
    study = study_with(items=2)

    with pytest.raises(CommandError, match=r"^Nothing answers at http://127.0.0.1:9: start the site .*SITE_URL\.$"):
        call_command("simulate", study.slug, annotators=2)


def test_a_site_with_another_database_is_told_from_one_that_does_not_answer(live_server):
    working = crowd.work(
        [Person(seed=1, number=0, language="en")], site=live_server.url, way_in=lambda person: "/join/nobody/"
    )

    with pytest.raises(crowd.NobodyGetsIn, match="other-database"):
        in_a_loop.run(working, look=lambda: None)


def test_of_two_workers_one_runs_it(live_server):
    asked = dry_run_intake.prepare(study=study_with(items=2), people=2, seed=1, by=None, now=timezone.now())
    how = dry_running.Settings(site=live_server.url)

    first = dry_running.run(dry_run_id=asked.pk, settings=how)

    assert first.is_done
    assert dry_running.run(dry_run_id=asked.pk, settings=how) is None


def test_a_lost_job_is_sent_again_and_a_silent_worker_has_failed():
    now = timezone.now()
    lost = dry_run_intake.prepare(study=study_with(items=1), people=2, seed=1, by=None, now=now - timedelta(minutes=2))
    fresh = dry_run_intake.prepare(study=study_with(items=1), people=2, seed=1, by=None, now=now)
    silent = dry_run_intake.prepare(study=study_with(items=1), people=2, seed=1, by=None, now=now)
    copy = dry_run_copying.copy(study=silent.of, slug="a-copy", now=now)
    late = {"study": copy, "state": "running", "token": uuid.uuid4(), "lease_until": now - timedelta(seconds=1)}
    DryRun.objects.filter(pk=silent.pk).update(**late)

    assert [one.pk for one in dry_running.take_without_job(now=now)] == [lost.pk]
    assert dry_running.take_without_job(now=now) == []

    copy.refresh_from_db()
    assert copy.state == "closed"
    states = dict(DryRun.objects.values_list("pk", "state"))
    assert states == {lost.pk: "requested", fresh.pk: "requested", silent.pk: "failed"}


def test_who_is_given_up_in_the_meantime_leaves_the_result_alone(live_server):
    asked = dry_run_intake.prepare(study=study_with(items=4), people=2, seed=1, by=None, now=timezone.now())

    def give_up(_done):
        DryRun.objects.filter(pk=asked.pk).update(state="failed", failure="silent", token=None, lease_until=None)

    with pytest.raises(dry_running.ClaimLost):
        dry_running.run(dry_run_id=asked.pk, settings=dry_running.Settings(site=live_server.url), told=give_up)

    asked.refresh_from_db()
    assert (asked.state, asked.failure, asked.result) == ("failed", "silent", None)
