"""A dry run on the pages of a study: asked for by a button, followed, and what came of it."""

import pytest
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from collection import dry_run_intake, jobs
from collection.models import DryRun, Overlap
from tests.collection.simulation.studies import study_with
from tests.factories import StudyFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def study(client):
    study = study_with(items=3, overlap=2, quotas={"us": 2, "fr": 1})
    researcher = UserFactory()
    study.researchers.add(researcher)
    client.force_login(researcher)
    return study


def page(client, name, *args):
    return client.get(reverse(name, args=args)).content.decode()


def start(client, study, people="3"):
    return client.post(reverse("request_dry_run", args=[study.slug]), {"people": people})


def test_a_button_starts_it_with_as_many_people_as_the_quotas_want(client, study):
    assert 'name="people" value="3"' in page(client, "study", study.slug)

    answer = start(client, study)

    asked = DryRun.objects.get()
    assert answer["Location"] == reverse("dry_run", args=[study.slug, asked.pk])
    assert (asked.of, asked.people, asked.state) == (study, 3, "requested")


def test_the_job_reaches_the_site_by_its_setting_and_the_page_shows_what_came_of_it(
    client, study, live_server, settings
):
    settings.SITE_URL = live_server.url
    start(client, study)
    asked = DryRun.objects.get()
    assert "data-look-every" in page(client, "dry_run", study.slug, asked.pk)

    jobs.run_dry_run(dry_run_id=asked.pk)

    asked.refresh_from_db()
    taken = Overlap.objects.filter(study=asked.study).aggregate(taken=Sum("taken"))["taken"]
    said = " ".join(page(client, "dry_run", study.slug, asked.pk).split())
    assert "data-look-every" not in said
    assert 'aria-label="United States" max="2" value="2"' in said
    # Some may have vanished: by chance, as their seed is drawn.
    assert f'aria-label="English" max="6" value="{taken}"' in said
    assert taken > 0


def test_the_copy_says_what_it_is_and_has_no_dry_runs_of_its_own(client, study, live_server, settings):
    settings.SITE_URL = live_server.url
    start(client, study)
    jobs.run_dry_run(dry_run_id=DryRun.objects.get().pk)
    copy = DryRun.objects.get().study

    said = page(client, "study", copy.slug)

    assert "Whatever is exported from here says SIMULATED." in said
    assert "Start a dry run" not in said
    assert start(client, copy).status_code == 302
    assert DryRun.objects.count() == 1


def test_while_one_is_under_way_another_one_is_refused_in_a_sentence(client, study):
    start(client, study)
    answer = start(client, study)

    assert answer["Location"] == reverse("study", args=[study.slug])
    assert "A dry run of this study is under way" in page(client, "study", study.slug)
    assert DryRun.objects.count() == 1


@pytest.mark.parametrize("people", ["0", "2001", "many", ""])
def test_a_number_of_people_that_cannot_be_is_refused(client, study, people):
    start(client, study, people)

    assert not DryRun.objects.exists()
    assert 'role="alert"' in page(client, "study", study.slug)


def test_only_researchers_of_the_study_see_and_start_it(client, study):
    asked = dry_run_intake.prepare(study=study, people=3, seed=1, by=None, now=timezone.now())
    client.force_login(UserFactory())

    assert start(client, study).status_code == 404
    for name, *args in [("dry_run", study.slug, asked.pk), ("dry_run_part", study.slug, asked.pk)]:
        assert client.get(reverse(name, args=args)).status_code == 404


def test_a_dry_run_is_found_under_its_own_study_alone(client, study):
    asked = dry_run_intake.prepare(study=study, people=3, seed=1, by=None, now=timezone.now())
    other = StudyFactory()
    other.researchers.set(study.researchers.all())

    assert client.get(reverse("dry_run", args=[other.slug, asked.pk])).status_code == 404


def test_why_it_failed_is_told_in_a_sentence(client, study):
    asked = dry_run_intake.prepare(study=study, people=3, seed=1, by=None, now=timezone.now())
    DryRun.objects.filter(pk=asked.pk).update(state="failed", failure="no-answer http://nowhere")

    assert "Nothing answers at http://nowhere: start the site" in page(client, "dry_run", study.slug, asked.pk)


def test_the_part_is_sent_only_when_it_changed(client, study):
    asked = dry_run_intake.prepare(study=study, people=3, seed=1, by=None, now=timezone.now())
    address = reverse("dry_run_part", args=[study.slug, asked.pk])
    headers = {"HX-Request": "true"}

    assert client.get(address, {"seen": "requested-0"}, headers=headers).status_code == 204
    DryRun.objects.filter(pk=asked.pk).update(people_done=2)
    assert "2 of 3 people are done." in client.get(address, {"seen": "requested-0"}, headers=headers).content.decode()
