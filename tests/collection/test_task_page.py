"""The page of a task: reading, choosing, explaining, writing the next message."""

import re

import pytest
from django.urls import reverse

from collection.models import Comparison, Draft, Task
from tests.factories import (
    AnnotatorFactory,
    CandidateSetFactory,
    ComparisonFactory,
    ItemFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
)
from tests.signed_in import client_of

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
HOSTILE = '<script>alert("1")</script>'


@pytest.fixture
def task():
    return TaskFactory(study=StudyFactory(asks={"turns": {"minimum": 2, "maximum": 3}}))


@pytest.fixture
def turn(task):
    return TurnFactory(task=task, order=[2, 0, 3, 1])


@pytest.fixture
def client(task):
    return client_of(task.annotator)


def look(client, task, **kwargs):
    return client.get(reverse("task", args=[task.pk]), **kwargs)


def text_of(response):
    return response.content.decode()


def key_on(response):
    return re.search(r'name="key" value="([^"]+)"', text_of(response))[1]


def send(client, turn, key=None, htmx=False, **form):
    key = key or key_on(look(client, turn.task))
    return client.post(reverse("compare", args=[turn.pk]), {"key": key, **form}, headers=HTMX if htmx else {})


def write(client, task, message, key=None, htmx=False):
    key = key or key_on(look(client, task))
    address = reverse("send_message", args=[task.pk])
    return client.post(address, {"key": key, "message": message}, headers=HTMX if htmx else {})


# ---- reading ---------------------------------------------------------------------------------------------------------
def test_the_four_candidates_stand_in_this_annotators_order(client, turn):
    page = text_of(look(client, turn.task))
    texts = [candidate.text for candidate in turn.candidates_in_order()]
    places = [page.index(text.split("(")[0].strip()) for text in texts]
    assert places == sorted(places)
    assert texts[0] == turn.candidate_set.candidates.get(slot=2).text


def test_looking_notes_when_the_candidates_were_shown(client, turn):
    look(client, turn.task)
    turn.refresh_from_db()
    assert turn.shown_at is not None


def test_above_stands_what_was_said_with_the_chosen_answers_only(client, turn):
    ComparisonFactory(turn=turn, slot=3)
    page = text_of(look(client, turn.task))
    shown = [candidate.text in page for candidate in turn.candidate_set.candidates.order_by("slot")]
    assert shown == [False, False, False, True]


def test_hostile_texts_are_shown_as_text(client, task):
    hostile = CandidateSetFactory(texts=[f"{HOSTILE} {n}" for n in range(4)], messages=[])
    task.item = None
    task.overlap = None
    task.save()
    TurnFactory(task=task, message=HOSTILE, candidate_set=hostile)
    Draft.objects.create(task=task, explanation=f"</textarea>{HOSTILE}", updated_at=task.recorded_at)
    page = text_of(look(client, task))
    assert HOSTILE not in page
    assert page.count("&lt;script&gt;") == 6


def test_texts_say_their_language_and_find_their_own_direction(client, turn):
    assert text_of(look(client, turn.task)).count('lang="en"\n       dir="auto"') == 4


def test_another_persons_task_is_not_there(turn):
    stranger = client_of(AnnotatorFactory(panel=turn.task.annotator.panel))
    assert look(stranger, turn.task).status_code == 404
    assert send(stranger, turn, key="x", choice="0").status_code == 404


def test_pages_of_tasks_are_kept_by_no_cache(client, turn):
    assert "no-store" in look(client, turn.task)["Cache-Control"]


@pytest.mark.parametrize(("model", "named"), [("examples/demo_model/weights", True), ("somebody/large-model", False)])
def test_the_demo_model_is_named_where_it_wrote_the_answers(model, named):
    recipe = {"method": "negatively-correlated", "generator": {"name": "huggingface", "model": model}}
    turn = TurnFactory(task=TaskFactory(study=StudyFactory(asks={"recipes": {"first": recipe}})))
    assert ("Demo model" in text_of(look(client_of(turn.task.annotator), turn.task))) is named


# ---- choosing --------------------------------------------------------------------------------------------------------
def test_a_choice_and_its_explanation_are_saved_and_the_next_step_shown(client, turn):
    response = send(client, turn, choice="1", explanation="Because.")
    assert response.url == reverse("task", args=[turn.task_id])
    made = Comparison.objects.get()
    assert (made.candidate.slot, made.explanation) == (0, "Because.")
    assert 'name="message"' in text_of(look(client, turn.task))


def test_htmx_gets_the_next_step_at_once_and_nothing_around_it(client, turn):
    page = text_of(send(client, turn, htmx=True, choice="1"))
    assert 'name="message"' in page
    assert "<html" not in page


def test_the_same_page_sent_twice_is_saved_once(client, turn):
    key = key_on(look(client, turn.task))
    assert [send(client, turn, key=key, choice="1").status_code for _ in range(2)] == [302, 302]
    assert Comparison.objects.count() == 1


def test_another_choice_from_a_page_gone_back_to_is_not_mistaken_for_the_first(client, turn):
    key = key_on(look(client, turn.task))
    send(client, turn, key=key, choice="1", explanation="First.")
    response = send(client, turn, key=key, choice="2", explanation="On second <b>thoughts</b>.")
    assert response.status_code == 409
    assert "That answer stands" in text_of(response)
    assert "On second &lt;b&gt;thoughts&lt;/b&gt;." in text_of(response)
    assert Comparison.objects.get().candidate.slot == 0


@pytest.mark.parametrize("htmx", [True, False])
def test_without_a_choice_the_explanation_is_kept_and_the_page_says_what_to_do(client, turn, htmx):
    response = send(client, turn, htmx=htmx, explanation="Typed with care.")
    assert response.status_code == 422
    assert "Choose one of the answers first." in text_of(response)
    assert "Typed with care." in text_of(response)
    assert not Comparison.objects.exists()


@pytest.mark.parametrize("choice", ["4", "-1", "A", "none ", "٣"])
def test_a_choice_that_is_not_offered_is_refused(client, turn, choice):
    assert send(client, turn, choice=choice).status_code == 422
    assert not Comparison.objects.exists()


def test_none_of_these_leads_to_the_message_in_other_words(client, turn):
    send(client, turn, choice="none")
    page = text_of(look(client, turn.task))
    assert "Say it in other words" in page
    assert turn.message in page


def test_none_of_these_is_not_there_where_the_study_wants_a_choice():
    study = StudyFactory(asks={"none_of_these": {"allowed": False}})
    turn = TurnFactory(task=TaskFactory(study=study))
    client = client_of(turn.task.annotator)
    assert 'value="none"' not in text_of(look(client, turn.task))
    assert send(client, turn, choice="none").status_code == 422


@pytest.mark.parametrize(
    ("policy", "explanation", "words"),
    [
        ({"asked": "required"}, " ", "Write something first."),
        ({"asked": "optional", "minimum_characters": 10}, "Short.", "at least 10 characters"),
        ({"asked": "optional"}, "x" * 4001, "at most 4000"),
    ],
)
def test_an_explanation_that_breaks_the_policy_is_kept_and_said(policy, explanation, words):
    turn = TurnFactory(task=TaskFactory(study=StudyFactory(asks={"explanations": policy})))
    response = send(client_of(turn.task.annotator), turn, choice="3", explanation=explanation)
    assert response.status_code == 422
    assert words in text_of(response)
    assert explanation in text_of(response)
    assert re.search(r'value="3"[^>]*\bchecked', text_of(response))


def test_where_no_explanation_is_asked_there_is_no_box_for_one():
    turn = TurnFactory(task=TaskFactory(study=StudyFactory(asks={"explanations": {"asked": "never"}})))
    assert 'name="explanation"' not in text_of(look(client_of(turn.task.annotator), turn.task))


def test_the_last_message_and_the_last_choice_say_that_they_are_the_last(client, task):
    for _ in range(2):
        ComparisonFactory(turn=TurnFactory(task=task))
    page = text_of(look(client, task))
    assert "This is the last message of this conversation." in page
    assert "written while you wait" in page
    last = TurnFactory(task=task)
    assert "last choice" in text_of(look(client, task))
    assert "This conversation is complete" in text_of(send(client, last, htmx=True, choice="0"))


# ---- writing ---------------------------------------------------------------------------------------------------------
def test_a_message_is_sent_once_however_often_its_page_is(client, task, turn):
    ComparisonFactory(turn=turn)
    key = key_on(look(client, task))
    for _ in range(2):
        assert write(client, task, "And then?", key=key).status_code == 302
    assert task.turns.count() == 2
    assert "being written" in text_of(look(client, task)) or "written soon" in text_of(look(client, task))


def test_an_empty_message_is_refused_in_words(client, task, turn):
    ComparisonFactory(turn=turn)
    response = write(client, task, " \u200b ")
    assert response.status_code == 422
    assert "Write something first." in text_of(response)


def test_a_message_that_comes_too_late_is_given_back(client, task, turn):
    ComparisonFactory(turn=turn)
    page = look(client, task)
    write(client, task, "First tab.")
    response = write(client, task, "Second tab.", key=key_on(page), htmx=True)
    assert response.status_code == 409
    assert "Second tab." in text_of(response)
    assert task.turns.count() == 2


def test_the_conversation_can_end_once_it_is_long_enough(client, task, turn):
    ComparisonFactory(turn=turn)
    assert reverse("end_task", args=[task.pk]) not in text_of(look(client, task))
    assert client.post(reverse("end_task", args=[task.pk])).status_code == 409
    ComparisonFactory(turn=TurnFactory(task=task))
    assert reverse("end_task", args=[task.pk]) in text_of(look(client, task))
    client.post(reverse("end_task", args=[task.pk]))
    assert "complete" in text_of(look(client, task))


def test_an_opening_of_ones_own_is_written_first():
    task = TaskFactory(own=True)
    client = client_of(task.annotator)
    assert "conversation of your own" in text_of(look(client, task))
    write(client, task, "How do I begin?")
    assert task.turns.get().message == "How do I begin?"


# ---- what is typed and not sent --------------------------------------------------------------------------------------
def save(client, turn, **typed):
    return client.post(reverse("save_draft", args=[turn.task_id]), {"turn_number": turn.number, **typed}).status_code


def test_a_draft_is_there_after_a_reload(client, turn):
    assert save(client, turn, explanation="Half a thou", choice="2") == 204
    page = text_of(look(client, turn.task))
    assert "Half a thou" in page
    assert re.search(r'value="2"[^>]*\bchecked', page)


def test_a_draft_that_comes_after_its_turn_is_dropped(client, turn):
    send(client, turn, choice="0")
    TurnFactory(task=turn.task)
    assert save(client, turn, explanation="Too late") == 409
    assert "Too late" not in text_of(look(client, turn.task))


@pytest.mark.parametrize("number", ["", "x", "99999999999999999999"])
def test_a_draft_from_a_broken_page_breaks_nothing(client, turn, number):
    assert save(client, turn, explanation="kept", turn_number=number) == 204


# ---- coming and going ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["compare", "retry_turn"])
def test_a_reload_of_an_answer_with_errors_shows_the_task(client, turn, name):
    assert client.get(reverse(name, args=[turn.pk])).url == reverse("task", args=[turn.task_id])


@pytest.mark.parametrize("name", ["send_message", "end_task"])
def test_a_reload_of_a_message_with_errors_shows_the_task(client, task, turn, name):
    assert client.get(reverse(name, args=[task.pk])).url == reverse("task", args=[task.pk])
    assert Task.objects.get(pk=task.pk).is_open


def test_a_part_of_a_page_is_never_replaced_by_the_front_door(client, turn):
    client.logout()
    response = send(client, turn, key="x", htmx=True, choice="0")
    assert response["HX-Redirect"] == reverse("way_in")


def test_an_expired_task_says_so(client, turn):
    Task.objects.filter(pk=turn.task_id).update(state="expired")
    assert "waiting for too long" in text_of(look(client, turn.task))


def test_the_next_task_is_the_open_one(client, task):
    assert client.post(reverse("next_task")).url == reverse("task", args=[task.pk])
    assert client.get(reverse("next_task")).url == reverse("tasks")


def test_the_overview_says_how_far_a_person_is(client, turn):
    Task.objects.filter(pk=turn.task_id).update(state="completed")
    assert "You have finished 1 of 10 conversations." in text_of(client.get(reverse("tasks")))


def test_a_new_task_comes_from_the_items_of_the_study():
    item = ItemFactory()
    client = client_of(AnnotatorFactory(panel=item.study.panel))
    address = client.post(reverse("next_task")).url
    assert item.prompt.text in text_of(client.get(address))


def test_answers_are_named_by_letters_of_the_readers_script(client, turn):
    names = {}
    for language in ("en", "hi", "ar"):
        client.cookies["django_language"] = language
        names[language] = "".join(each.label for each in look(client, turn.task).context["shown"])
    assert names == {"en": "ABCD", "hi": "कखगघ", "ar": "أبجد"}
