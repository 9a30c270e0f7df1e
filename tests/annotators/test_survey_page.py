"""The questions about oneself that come before the first task."""

import pytest
from django.urls import reverse

from tests.factories import AnnotatorFactory, PanelFactory
from tests.signed_in import client_of

pytestmark = pytest.mark.django_db

QUESTIONS = [
    {
        "key": "country",
        "text": {"en": "Where do you live?", "fr": "Où vivez-vous ?"},
        "required": True,
        "options": [{"key": "fr", "text": {"en": "France"}}, {"key": "us", "text": {"en": "United States"}}],
    },
    {
        "key": "region",
        "text": {"en": "Which region?"},
        "options": [
            {"key": "idf", "text": {"en": "Île-de-France"}, "when": {"country": ["fr"]}},
            {"key": "west", "text": {"en": "<b>West</b>"}, "when": {"country": ["us"]}},
        ],
    },
    {"key": "age", "text": {"en": "How old are you?"}, "kind": "number"},
]


@pytest.fixture
def annotator():
    return AnnotatorFactory(panel=PanelFactory(survey=QUESTIONS), answers={})


@pytest.fixture
def client(annotator):
    return client_of(annotator)


def send(client, **answers):
    return client.post(reverse("survey"), answers)


def asked(client):
    return list(client.get(reverse("survey")).context["form"].fields)


def test_what_depends_on_an_answer_is_asked_after_it(client):
    assert asked(client) == ["country", "age"]
    send(client, country="us", age="40")
    assert asked(client) == ["region"]
    page = client.get(reverse("survey")).content.decode()
    assert "&lt;b&gt;West&lt;/b&gt;" in page
    assert "Île-de-France" not in page


def test_when_all_is_answered_the_way_leads_to_the_tasks(client, annotator):
    send(client, country="fr", age="40")
    send(client, region="idf")
    assert client.get(reverse("survey")).url == reverse("tasks")
    assert annotator.answers() == {"country": "fr", "age": "40", "region": "idf"}


def test_a_person_may_prefer_not_to_say(client, annotator):
    send(client, country="fr", age="")
    send(client, region="*")
    assert annotator.answers() == {"country": "fr", "age": "", "region": ""}


def test_a_required_question_has_no_such_option(client):
    page = client.get(reverse("survey")).content.decode()
    assert "I prefer not to say" not in page


def test_an_open_question_keeps_the_other_answers(client, annotator):
    response = send(client, age="41")
    assert response.status_code == 422
    assert 'value="41"' in response.content.decode()
    assert "Please choose an answer." in response.content.decode()
    assert annotator.answers() == {}


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"country": "mars", "age": "40"}, "Please choose one of the answers."),
        ({"country": "fr", "age": "many"}, "whole number"),
        ({"country": "fr", "age": "4" * 501}, "at most 500"),
    ],
)
def test_an_answer_that_cannot_be_taken_is_marked(client, annotator, answers, words):
    response = send(client, **answers)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert annotator.answers() == {}


def test_another_answer_than_the_one_given_is_not_taken(client, annotator):
    page = client.get(reverse("survey"))
    send(client, country="fr", age="40")
    assert page.context["form"].fields
    assert send(client, country="us", region="idf").status_code == 302
    assert annotator.answers()["country"] == "fr"


def test_questions_are_asked_in_the_language_of_the_page(client):
    client.cookies["django_language"] = "fr"
    page = client.get(reverse("survey")).content.decode()
    assert "Où vivez-vous" in page
    assert "How old are you?" in page
    assert 'lang="en"' in page


def test_strangers_are_led_to_the_front_door(client, annotator):
    client.logout()
    assert client.get(reverse("survey")).url == reverse("way_in")
