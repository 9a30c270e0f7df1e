"""Coming in by an invitation: the consent text, the yes, the return link."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotators.models import Annotator, ConsentText
from tests.factories import InvitationFactory, PanelFactory
from tests.signed_in import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def panel():
    panel = PanelFactory(survey=[])
    ConsentText.objects.create(panel=panel, version="1", language="fr", text="Vous pouvez **arrêter** à tout moment.")
    return panel


@pytest.fixture
def invitation(panel):
    return InvitationFactory(panel=panel, language="fr", token="let-me-in")


JOIN = "/join/let-me-in/"


def agree(client, **changes):
    text = client.get(JOIN).context["text"]
    return client.post(JOIN, {"text": text.pk, "agree": "on", "adult": "on", **changes})


def test_the_consent_text_is_shown_in_the_language_of_the_invitation(client, invitation):
    response = client.get(JOIN)
    assert "<strong>arrêter</strong>" in response.content.decode()
    assert 'lang="fr"' in response.content.decode()
    assert response.cookies["django_language"].value == "fr"


def test_a_language_that_a_person_chose_afterwards_is_kept(client, invitation):
    client.get(JOIN)
    client.cookies["django_language"] = "en"
    page = client.get(JOIN)
    assert page.context["text"].language == "en"
    assert '<html lang="en"' in page.content.decode()


def test_without_the_tick_nobody_comes_in(client, invitation):
    response = client.post(JOIN, {"text": client.get(JOIN).context["text"].pk})
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert not Annotator.objects.exists()


def test_a_yes_to_a_text_that_changed_meanwhile_is_not_taken(client, invitation, panel):
    old = client.get(JOIN).context["text"]
    new = ConsentText.objects.create(
        panel=panel, version="2", language="fr", text="Autre chose.", published_at=timezone.now() + timedelta(hours=1)
    )
    response = client.post(JOIN, {"text": old.pk, "agree": "on", "adult": "on"})
    assert response.status_code == 422
    assert response.context["text"] == new
    assert not Annotator.objects.exists()


def test_who_agrees_gets_a_link_that_leads_back_from_another_browser(client, invitation, django_user_model):
    assert agree(client).url == reverse("your_link")
    page = client.get(reverse("your_link")).content.decode()
    link = re.search(r'value="http://testserver(/return/[^"]+)"', page)
    assert link
    other = type(client)()
    assert other.get(link[1]).url == reverse("tasks")
    assert other.session["annotator"] == Annotator.objects.get().pk


def test_the_same_browser_goes_on_as_the_same_person(client, invitation):
    agree(client)
    assert client.get(JOIN).url == reverse("tasks")
    assert Annotator.objects.count() == 1


def test_a_double_click_lets_one_person_in(client, invitation):
    text = client.get(JOIN).context["text"]
    yes = {"text": text.pk, "agree": "on", "adult": "on"}
    second = type(client)()
    second.cookies["attempt"] = client.cookies["attempt"].value
    client.post(JOIN, yes)
    assert second.post(JOIN, yes).url == reverse("your_link")
    assert Annotator.objects.count() == 1


def test_who_lost_the_answer_comes_in_by_opening_the_used_link_again(client, panel):
    InvitationFactory(panel=panel, language="fr", token="let-me-in", limit=1)
    attempt = client.get(JOIN).cookies["attempt"].value
    agree(client)
    again = type(client)()
    again.cookies["attempt"] = attempt
    assert again.get(JOIN).url == reverse("your_link")
    assert again.session["annotator"] == Annotator.objects.get().pk
    assert type(client)().get(JOIN).status_code == 410


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"token": "another"}, 404, "leads nowhere"),
        ({"revoked_at": timezone.now()}, 410, "no longer valid"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, 410, "expired"),
        ({"limit": 1, "used": 1}, 410, "has been used"),
    ],
)
def test_a_link_that_lets_nobody_in_says_so(client, panel, changes, status, words):
    InvitationFactory(**{"panel": panel, "token": "let-me-in", **changes})
    response = client.get(JOIN)
    assert response.status_code == status
    assert words in response.content.decode()


def test_who_is_known_goes_on_from_the_front_door_and_nobody_else_does(client, invitation):
    assert client.get("/").status_code == 200
    agree(client)
    assert client.get("/").url == reverse("tasks")


def test_a_return_link_that_leads_nowhere_says_so(client):
    response = client.get(reverse("return_link", args=["nobody"]))
    assert response.status_code == 404
    assert "leads nowhere" in response.content.decode()


def test_a_new_return_link_ends_the_old_one(client, invitation):
    agree(client)
    old = client.cookies["return_link"].value
    elsewhere = type(client)()
    elsewhere.get(reverse("return_link", args=[old]))
    client.post(reverse("new_link"))
    assert client.get("/").url == reverse("tasks")
    assert elsewhere.get("/").status_code == 200
    assert client.cookies["return_link"].value != old
    assert client.get(reverse("return_link", args=[old])).status_code == 404


def test_who_signs_out_is_unknown_in_that_browser(client, invitation):
    agree(client)
    client.post(reverse("leave"))
    assert client.get(reverse("tasks")).url == reverse("way_in")


def test_a_new_version_of_the_text_is_asked_for_before_anything_else(client, invitation, panel):
    agree(client)
    client = client_of(Annotator.objects.get())
    new = ConsentText.objects.create(
        panel=panel, version="2", language="en", text="More.", published_at=timezone.now() + timedelta(hours=1)
    )
    assert client.get(reverse("tasks")).url == reverse("consent")
    assert client.post(reverse("consent"), {"text": new.pk}).status_code == 422
    assert client.post(reverse("consent"), {"text": new.pk, "agree": "on", "adult": "on"}).url == reverse("tasks")
    assert client.get(reverse("consent")).url == reverse("tasks")
