"""One click signs in, in the demo and on this machine only."""

import pytest
from django.test import Client, RequestFactory
from django.urls import clear_url_caches, set_urlconf

from annotators import access
from annotators.models import Annotator, Invitation
from config.demo import views
from tests.config.programs import run
from tests.factories import AnnotatorFactory, StudyFactory, UserFactory


@pytest.fixture
def demo(settings, db):
    """The site as the demo serves it."""
    settings.DEMO = True
    settings.ROOT_URLCONF = "tests.config.demo_urls"
    clear_url_caches()
    set_urlconf(None)
    yield StudyFactory(asks={"languages": ["en", "fr", "hi"]})
    clear_url_caches()


@pytest.fixture
def researcher(db):
    return UserFactory(username=views.RESEARCHER)


def test_the_researcher_is_signed_in_and_sees_the_studies(client, demo, researcher):
    answer = client.get("/demo/researcher/")
    assert (answer.status_code, answer.url) == (302, "/studies/")
    assert client.session["_auth_user_id"] == str(researcher.pk)


def test_a_new_browser_is_let_into_the_study_by_an_invitation(client, demo):
    answer = client.get("/demo/annotator/fr/")
    invitation = Invitation.objects.get()
    assert (invitation.panel, invitation.language, invitation.limit) == (demo.panel, "fr", 1)
    assert answer.url.startswith("/join/")
    assert Invitation.objects.with_token(answer.url.split("/")[2]).get() == invitation


def test_a_browser_stays_the_same_person_in_each_language(client, demo):
    english, french = (
        AnnotatorFactory(panel=demo.panel, language="en"),
        AnnotatorFactory(panel=demo.panel, language="fr"),
    )
    be(client, english)
    assert client.get("/demo/annotator/fr/").url.startswith("/join/")
    assert who(client) is None
    be(client, french)
    assert client.get("/demo/annotator/en/").url == "/tasks/"
    assert who(client) == english
    assert client.get("/demo/annotator/fr/").url == "/tasks/"
    assert who(client) == french


def test_who_has_withdrawn_comes_in_anew(client, demo):
    annotator = AnnotatorFactory(panel=demo.panel, language="fr")
    be(client, annotator)
    Annotator.objects.update(standing=Annotator.Standing.WITHDRAWN)
    assert client.get("/demo/annotator/fr/").url.startswith("/join/")


def test_a_language_that_no_open_study_speaks_has_no_link(client, demo):
    assert client.get("/demo/annotator/ar/").status_code == 404


LINKS = ["/demo/researcher/", "/demo/annotator/en/"]


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_the_links_answer_on_loopback(client, demo, researcher, link, address):
    assert client.get(link, REMOTE_ADDR=address).status_code == 302


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("address", ["192.168.1.5", "10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1", "", "localhost"])
def test_the_links_answer_nobody_else(client, demo, researcher, link, address):
    assert client.get(link, REMOTE_ADDR=address).status_code == 404
    assert Invitation.objects.count() == 0


@pytest.mark.parametrize("link", LINKS)
def test_the_links_do_not_exist_outside_the_demo(client, db, researcher, link):
    assert client.get(link).status_code == 404


def test_the_views_refuse_outside_the_demo_by_themselves_too(client, demo, researcher, settings):
    settings.DEMO = False
    for link in LINKS:
        assert client.get(link).status_code == 404


def test_the_addresses_are_there_in_the_demo_only(tmp_path):
    asked = "from django.urls import reverse; print(reverse('demo_researcher'))"
    shell = ["django", "shell", "--no-imports", "-c", asked]
    settings = {"SECRET_KEY": "x" * 40, "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
    assert run(*shell, **settings, DEMO="true").stdout.strip() == "/demo/researcher/"
    assert "NoReverseMatch" in run(*shell, **settings).stderr


@pytest.mark.parametrize("link", LINKS)
def test_a_form_cannot_be_sent_to_a_link(client, demo, link):
    assert client.post(link).status_code == 405


def be(client: Client, annotator):
    """Make this browser the annotator's."""
    request = RequestFactory().get("/")
    request.session = client.session
    access.sign_in(request, annotator)
    request.session.save()
    client.cookies["sessionid"] = request.session.session_key or ""


def who(client: Client):
    """Return whose browser this is."""
    request = RequestFactory().get("/")
    request.session = client.session
    return access.annotator_of(request)
