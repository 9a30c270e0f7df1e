"""manage.py make_invitations"""

import csv
import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from annotators import enrolment
from annotators.models import Invitation
from tests.annotators.test_people_from_panels import panel_of
from tests.factories import StudyFactory

pytestmark = pytest.mark.django_db


def make(*args):
    out = io.StringIO()
    call_command("make_invitations", *args, stdout=out)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def opened(link):
    return enrolment.find_invitation(token=link.split("?")[0].split("/")[-2], now=timezone.now())


def test_links_for_one_person_each_are_printed_as_csv():
    study = StudyFactory()
    rows = make(study.slug, "--language", "fr", "--each", "3", "--label", "letters", "--last-day", "2030-01-31")
    assert len({row["link"] for row in rows}) == 3
    for row in rows:
        invitation = opened(row["link"])
        assert (invitation.panel, invitation.limit, invitation.label) == (study.panel, 1, "letters")
        assert invitation.expires_at.isoformat() == "2030-02-01T00:00:00+00:00"


def test_one_link_lets_in_as_many_as_it_says_or_any_number():
    study = StudyFactory()
    assert opened(make(study.slug, "--language", "en", "--limit", "5")[0]["link"]).limit == 5
    assert opened(make(study.slug, "--language", "en")[0]["link"]).limit is None


def test_a_link_for_prolific_holds_what_prolific_fills_in(settings):
    settings.SITE_URL = "https://study.example.org"
    study = StudyFactory(panel=panel_of({"kind": "prolific"}))
    [row] = make(study.slug, "--language", "en")
    assert row["link"].startswith("https://study.example.org/join/")
    assert row["link"].endswith("?PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--language", "xx"], "language: "),
        (["--language", "en", "--each", "0"], "number: "),
        (["--language", "en", "--each", "5000"], "number: "),
        (["--language", "en", "--limit", "-1"], "limit: "),
        (["--language", "en", "--last-day", "soon"], "expires_on: "),
        (["--language", "en", "--each", "2", "--limit", "2"], "leave --limit out"),
    ],
)
def test_what_cannot_be_made_is_told_in_a_sentence(args, said):
    with pytest.raises(CommandError, match=said):
        make(StudyFactory().slug, *args)
    assert not Invitation.objects.exists()


def test_a_study_that_there_is_not_is_told():
    with pytest.raises(CommandError, match="There is no study nowhere"):
        make("nowhere", "--language", "en")
