"""A researcher's page of invitations: made, seen, revoked; who came; return links ended."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotators import arriving, enrolment, inviting
from annotators.models import Annotator, Invitation
from annotators.sources.interface import Arrival
from tests.annotators.test_people_from_panels import panel_of
from tests.factories import AnnotatorFactory, InvitationFactory, StudyFactory, UserFactory
from tests.signed_in import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def researcher(client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def study(researcher):
    return StudyFactory(researchers=[researcher])


def page(client, study, **query):
    return client.get(reverse("invite", args=[study.slug]), query)


def make_many(client, study, **changes):
    data = {"language": "fr", "number": "3", "label": "letters", **changes}
    return client.post(reverse("invite_each", args=[study.slug]), data)


# ---- making them -----------------------------------------------------------------------------------------------------
def test_a_link_with_a_last_day_and_a_limit_is_made_and_shown_once(client, study):
    day = timezone.now().date() + timedelta(days=2)
    response = client.post(
        reverse("invite", args=[study.slug]), {"language": "fr", "limit": "5", "expires_on": day.isoformat()}
    )
    invitation = Invitation.objects.get()
    assert (invitation.limit, invitation.panel) == (5, study.panel)
    # That day is the last one on which it lets people in.
    assert invitation.expires_at.date() == day + timedelta(days=1)
    assert enrolment.find_invitation(token=response.context["link"].rstrip("/").rpartition("/")[2], now=timezone.now())
    assert "/join/" not in page(client, study).text


def test_links_for_one_person_each_come_as_a_table(client, study):
    response = make_many(client, study)
    assert response["Content-Disposition"] == f'attachment; filename="{study.slug}-invitations.csv"'
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [row["language"] for row in rows] == ["fr"] * 3
    assert len({row["link"] for row in rows}) == 3
    for row in rows:
        invitation = enrolment.find_invitation(token=row["link"].split("/")[-2], now=timezone.now())
        assert (invitation.limit, invitation.label) == (1, "letters")


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("invite", {"language": "xx"}, "not one of the available choices"),
        ("invite", {"limit": "0"}, "greater than or equal to 1"),
        ("invite", {"limit": "many"}, "Enter a whole number"),
        ("invite", {"expires_on": "tomorrow"}, "Please give a day"),
        ("invite", {"expires_on": "2001-01-01"}, "This day is over"),
        ("invite", {"expires_on": "9999-12-31"}, "Please give an earlier day"),
        ("invite", {"label": "x" * 101}, "at most 100 characters"),
        ("invite", {"label": "a\0b"}, "Null characters"),
        ("invite_each", {"number": ""}, "required"),
        ("invite_each", {"number": "2001"}, "less than or equal to 2000"),
        ("invite_each", {"number": "-1"}, "greater than or equal to 1"),
    ],
)
def test_bad_input_is_told_beside_its_field(client, study, name, changes, words):
    data = {"language": "fr", "number": "2", **changes}
    response = client.post(reverse(name, args=[study.slug]), data)
    assert response.status_code == 422
    assert words in response.text
    assert not Invitation.objects.exists()


# ---- seeing and revoking them ----------------------------------------------------------------------------------------
def test_links_that_were_made_together_are_one_entry_with_how_many_are_used(client, study):
    make_many(client, study)
    Invitation.objects.filter(pk=Invitation.objects.first().pk).update(used=1)
    [entry] = page(client, study).context["links"]
    assert (entry["links"], entry["people"], entry["wanted"], entry["state"]) == (3, 1, 3, None)
    text = " ".join(page(client, study).text.split())
    assert "1 of 3 used" in text
    assert "3 links" in text


def test_each_entry_says_why_it_lets_nobody_in(client, study):
    now = timezone.now()
    for number, changes in enumerate([{"revoked_at": now}, {"expires_at": now}, {"limit": 2, "used": 2}, {"used": 7}]):
        InvitationFactory(panel=study.panel, created_at=now + timedelta(seconds=number), **changes)
    assert [entry["state"] for entry in page(client, study).context["links"]] == [None, "used", "expired", "revoked"]


def test_revoking_an_entry_ends_all_its_links_and_no_other(client, study):
    make_many(client, study)
    other = InvitationFactory(panel=study.panel)
    person = AnnotatorFactory(panel=study.panel, invitation=Invitation.objects.first())
    response = client.post(reverse("revoke_invitation", args=[study.slug, Invitation.objects.first().pk]), follow=True)
    assert "3 links let nobody in any more" in response.text
    assert list(Invitation.objects.filter(revoked_at=None)) == [other]
    person.refresh_from_db()
    assert person.standing == Annotator.Standing.ACTIVE


def test_links_of_others_cannot_be_seen_or_revoked(client, study):
    other = InvitationFactory(label="not mine")
    assert client.post(reverse("revoke_invitation", args=[study.slug, other.pk])).status_code == 404
    assert "not mine" not in page(client, study).text
    other.refresh_from_db()
    assert other.revoked_at is None


def test_a_hostile_note_stays_text(client, study):
    InvitationFactory(panel=study.panel, label="<script>alert(1)</script>")
    assert "<script>alert" not in page(client, study).text


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999999999999", ""])
def test_a_page_that_there_is_not_is_the_nearest_one(client, study, number):
    InvitationFactory(panel=study.panel)
    assert page(client, study, page=number, people=number).status_code == 200


def test_many_links_are_read_page_by_page(client, study):
    now = timezone.now()
    for number in range(30):
        InvitationFactory(panel=study.panel, created_at=now - timedelta(days=number), label=f"number {number}.")
    assert "number 24." in page(client, study).text
    assert "number 25." not in page(client, study).text
    assert "number 29." in page(client, study, page="2").text


def test_links_are_listed_by_a_bounded_number_of_queries(client, study, django_assert_max_num_queries):
    inviting.invite_each(panel=study.panel, language="en", number=500, now=timezone.now())
    for _ in range(10):
        AnnotatorFactory(panel=study.panel)
    with django_assert_max_num_queries(14):
        page(client, study)


# ---- who came --------------------------------------------------------------------------------------------------------
def people_of(study):
    now = timezone.now()
    for participant, verified in (("p1", True), ("p2", False), ("p3", False)):
        person = AnnotatorFactory(panel=study.panel, pseudonym=f"person{participant}")
        arriving.keep(annotator=person, arrival=Arrival(participant=participant, verified=verified), now=now)
    AnnotatorFactory(panel=study.panel)


def test_who_is_not_confirmed_is_marked_and_nobody_s_id_is_shown(client, researcher):
    study = StudyFactory(panel=panel_of({"kind": "prolific"}), researchers=[researcher])
    Annotator.objects.all().delete()
    people_of(study)
    response = page(client, study)
    assert response.context["counted"] == {"invited": 1, "confirmed": 1, "unconfirmed": 2}
    text = " ".join(response.text.split())
    assert text.count(">not confirmed<") == 2
    assert "personp1" in text
    assert ">p1<" not in text


def test_somebody_is_found_by_the_name_under_which_we_know_them(client, study):
    AnnotatorFactory(panel=study.panel, pseudonym="abcdefghjk")
    AnnotatorFactory(panel=study.panel, pseudonym="mnpqrstuvw")
    text = page(client, study, who=" ABCDEFGHJK ").text
    assert "abcdefghjk" in text
    assert "mnpqrstuvw" not in text
    for nobody in ("nobody", "a\0", "<b>", "%"):
        assert "Nobody in this panel has this name." in page(client, study, who=nobody).text


def test_the_secret_of_a_signing_panel_is_shown_to_its_researchers_alone(client, researcher):
    panel = panel_of({"kind": "generic", "signature": {}})
    study = StudyFactory(panel=panel, researchers=[researcher])
    assert arriving.shared_secret(panel) in page(client, study).text
    client.force_login(UserFactory())
    assert page(client, study).status_code == 404


def test_a_link_for_prolific_holds_what_prolific_fills_in(client, researcher):
    study = StudyFactory(panel=panel_of({"kind": "prolific"}), researchers=[researcher])
    link = client.post(reverse("invite", args=[study.slug]), {"language": "en"}).context["link"]
    assert link.endswith("/?PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}")


# ---- return links ----------------------------------------------------------------------------------------------------
@pytest.fixture
def person(study):
    return AnnotatorFactory(panel=study.panel)


def end(client, study, person, **data):
    return client.post(reverse("end_return_link", args=[study.slug, person.pseudonym]), data, follow=True)


def test_a_return_link_that_is_ended_leads_nowhere_and_whoever_came_by_it_is_out(client, study, person):
    token = enrolment.new_return_link(annotator=person)
    thief = Client()
    thief.get(reverse("return_link", args=[token]))
    assert thief.get("/").url == reverse("tasks")
    assert client.get(reverse("end_return_link", args=[study.slug, person.pseudonym])).status_code == 200
    assert "leads nowhere any more" in end(client, study, person).text
    assert thief.get("/").status_code == 200
    assert Client().get(reverse("return_link", args=[token])).status_code == 404


def test_another_link_can_be_made_in_its_place_and_is_shown_once(client, study, person):
    old = enrolment.new_return_link(annotator=person)
    link = end(client, study, person, replace="yes").context["link"]
    other = Client()
    assert other.get(link, follow=True).redirect_chain[0][0] == reverse("tasks")
    assert other.get("/").url == reverse("tasks")
    with pytest.raises(enrolment.ReturnLinkUnknown):
        enrolment.find_returning(token=old)


def test_browsers_of_others_know_them_still(client, study, person):
    other = client_of(AnnotatorFactory(panel=study.panel))
    end(client, study, person)
    assert other.get("/").url == reverse("tasks")


def test_return_links_of_others_cannot_be_ended(client, study):
    stranger = AnnotatorFactory()
    token = enrolment.new_return_link(annotator=stranger)
    assert end(client, study, stranger).status_code == 404
    assert enrolment.find_returning(token=token) == stranger


def test_whoever_has_withdrawn_has_no_link_to_end(client, study, person):
    enrolment.withdraw(annotator=person, now=timezone.now())
    assert end(client, study, person).status_code == 404


PAGES = ["invite", "invite_each", "revoke_invitation", "end_return_link"]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("who", ["nobody", "somebody else"])
def test_strangers_get_to_nothing_of_it(name, who):
    study = StudyFactory()
    extra = {"revoke_invitation": [InvitationFactory(panel=study.panel).pk], "end_return_link": ["abcdefghjk"]}
    AnnotatorFactory(panel=study.panel, pseudonym="abcdefghjk")
    client = Client()
    if who == "somebody else":
        client.force_login(UserFactory())
    response = client.post(reverse(name, args=[study.slug, *extra.get(name, [])]), {"language": "en", "number": "1"})
    assert response.status_code == (302 if who == "nobody" else 404)
    assert Invitation.objects.get().revoked_at is None
