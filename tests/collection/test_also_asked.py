"""What a study asks beside the choice: how clear it is, what is acceptable, what would be better, why in some turns."""

import json
import uuid

import pytest

from annotators.models import Annotator
from collection import withdrawal
from collection.configuration import Explanations
from collection.models import Comparison, Draft, Turn
from tests.factories import StudyFactory, TaskFactory, TurnFactory
from tests.signed_in import client_of

pytestmark = pytest.mark.django_db

ALL = {"strength": True, "acceptable": True, "better": True}


def turn_where(**asks):
    return TurnFactory(task=TaskFactory(study=StudyFactory(asks=asks)), order=[1, 3, 0, 2])


def send(turn, choice="1", **said):
    sent = {"key": uuid.uuid4(), "choice": choice, "explanation": "Why not.", **said}
    return client_of(turn.task.annotator).post(f"/turns/{turn.pk}/compare/", sent)


def page(turn):
    return client_of(turn.task.annotator).get(f"/tasks/{turn.task_id}/").content.decode()


def test_strength_and_acceptability_are_kept_where_the_study_asks():
    turn = turn_where(also_ask=ALL)
    assert send(turn, strength="3", acceptable_0="no", acceptable_2="yes", better="Never mind.").status_code == 302
    kept = Comparison.objects.get()
    assert (kept.strength, kept.acceptable, kept.better) == (3, ["no", "", "yes", ""], "")


def test_what_would_have_been_better_is_kept_with_none_of_these_and_erased_with_the_person():
    turn = turn_where(also_ask=ALL)
    send(turn, "none", strength="2", better=" Somebody who listens. ")
    kept = Comparison.objects.get()
    assert (kept.strength, kept.acceptable, kept.better) == (None, None, "Somebody who listens.")
    withdrawal.withdraw(annotator=Annotator.objects.get(), now=kept.recorded_at)
    assert Comparison.objects.get().better == ""


def test_what_the_study_does_not_ask_is_on_no_page_and_is_not_kept():
    turn = turn_where()
    shown = page(turn)
    assert not any(name in shown for name in ('name="strength"', 'name="acceptable_0"', 'name="better"'))
    send(turn, strength="3", acceptable_0="yes")
    kept = Comparison.objects.get()
    assert (kept.strength, kept.acceptable) == (None, None)


def test_what_was_said_beside_is_drafted_and_shown_again():
    turn = turn_where(also_ask=ALL)
    drafted = {"choice": "1", "strength": "2", "acceptable_3": "no", "better": "More.", "turn_number": 1, "bitter": "x"}
    client_of(turn.task.annotator).post(f"/tasks/{turn.task_id}/draft/", drafted)
    assert Draft.objects.get().more == {"strength": "2", "acceptable_3": "no", "better": "More."}
    shown = " ".join(page(turn).split())
    assert 'name="strength" value="2" checked' in shown
    assert 'name="acceptable_3" value="no" checked' in shown
    assert shown.split('<form class="compare')[1].split("</form>")[0].count(" checked") == 3
    assert ">More.</textarea>" in shown


def test_a_program_says_the_same():
    turn = turn_where(also_ask=ALL)
    sent = {"choice": 0, "strength": 1, "acceptable": ["yes", "no", "no", ""], "idempotency_key": str(uuid.uuid4())}
    client = client_of(turn.task.annotator)
    answer = client.post(f"/api/turns/{turn.pk}/comparison", json.dumps(sent), content_type="application/json")
    assert answer.status_code == 200, answer.content
    kept = Comparison.objects.get()
    assert (kept.strength, kept.acceptable) == (1, ["yes", "no", "no", ""])


def test_an_explanation_is_asked_in_a_share_of_turns_and_only_there():
    policy = Explanations(asked="required", share=0.3)
    asked = [number for number in range(1, 2000) if policy.is_asked_in(number)]
    assert 520 < len(asked) < 680
    turns = [turn_where(explanations={"asked": "required", "share": 0.5}) for _each in range(12)]
    for turn in turns:
        is_asked = turn.task.asks.explanations.is_asked_in(turn.pk)
        assert ('name="explanation"' in page(turn)) == is_asked
        assert send(turn, explanation="").status_code == (422 if is_asked else 302)
    assert 0 < Turn.objects.filter(comparison=None).count() < len(turns)


def test_a_language_can_have_a_minimum_of_its_own():
    asked = {"asked": "required", "minimum_characters": 40, "minimum_per_language": {"en": 10}}
    turn = turn_where(explanations=asked)
    assert "At least 10 characters" in page(turn)
    assert b"at least 10 characters" in send(turn, explanation="Nice.").content
    assert send(turn, explanation="Nice and warm.").status_code == 302
