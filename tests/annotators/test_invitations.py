"""Links that let people into a panel."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotators import enrolment
from annotators.models import Annotator, Invitation
from tests.concurrency import at_once
from tests.factories import InvitationFactory, PanelFactory


def accept(invitation):
    text = enrolment.current_consent_text(panel=invitation.panel, language=invitation.language)
    return enrolment.accept(invitation=invitation, text=text, to=[], now=timezone.now())


def invite(panel, **kwargs):
    return enrolment.invite(panel=panel, language="fr", now=timezone.now(), **kwargs)


def reason_for(token):
    with pytest.raises(enrolment.InvitationNotUsable) as caught:
        enrolment.find_invitation(token=token, now=timezone.now())
    return caught.value.reason


@pytest.mark.django_db
def test_a_link_is_known_by_its_token_and_the_token_is_kept_nowhere():
    invitation, token = invite(PanelFactory(), label="newsletter", limit=3)

    assert enrolment.find_invitation(token=token, now=timezone.now()) == invitation
    assert token not in str(Invitation.objects.values())
    assert len(token) >= 22


@pytest.mark.django_db
def test_a_link_that_lets_nobody_in_says_why():
    now = timezone.now()
    InvitationFactory(token="over", expires_at=now - timedelta(minutes=1))
    InvitationFactory(token="back", revoked_at=now)
    InvitationFactory(token="full", limit=2, used=2)

    assert reason_for("never made") == "unknown"
    assert reason_for("over") == "expired"
    assert reason_for("back") == "revoked"
    assert reason_for("full") == "used"


@pytest.mark.django_db
def test_whoever_agrees_is_in_with_consent_and_a_link_to_return_by():
    invitation, _token = invite(PanelFactory(), answers={"country": "fr"})

    annotator, token = accept(invitation)

    consent = annotator.consents.get()
    assert (annotator.panel, annotator.language, annotator.invitation) == (invitation.panel, "fr", invitation)
    assert (consent.text.version, consent.text.language, consent.withdrawn_at) == ("1", "en", None)
    assert annotator.answers() == {"country": "fr"}
    assert enrolment.find_returning(token=token) == annotator
    assert list(Annotator.objects.consenting()) == [annotator]


@pytest.mark.django_db
def test_a_link_can_only_settle_answers_that_the_survey_offers():
    with pytest.raises(enrolment.AnswerNotOffered):
        invite(PanelFactory(), answers={"country": "atlantis"})
    assert not Invitation.objects.exists()


@pytest.mark.django_db
def test_a_single_use_link_lets_one_person_in():
    invitation = InvitationFactory(limit=1)
    accept(invitation)

    with pytest.raises(enrolment.InvitationNotUsable) as caught:
        accept(invitation)
    assert caught.value.reason == "used"
    assert Annotator.objects.count() == 1


@pytest.mark.django_db
def test_a_link_revoked_while_somebody_reads_lets_them_in_no_more():
    invitation = InvitationFactory()
    Invitation.objects.update(revoked_at=timezone.now())

    with pytest.raises(enrolment.InvitationNotUsable) as caught:
        accept(invitation)
    assert caught.value.reason == "revoked"


@pytest.mark.django_db
def test_an_open_link_lets_in_whoever_has_it():
    invitation = InvitationFactory()

    pseudonyms = {accept(invitation)[0].pseudonym for _ in range(5)}

    assert len(pseudonyms) == 5
    invitation.refresh_from_db()
    assert invitation.used == 5


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_who_come_at_once_for_five_places_five_get_in():
    invitation = InvitationFactory(limit=5)

    results = at_once(*[lambda: accept(invitation)] * 16)

    assert Counter(type(result) for result in results) == {tuple: 5, enrolment.InvitationNotUsable: 11}
    assert Annotator.objects.count() == 5
    assert Invitation.objects.get().used == 5


@pytest.mark.django_db
def test_the_database_itself_refuses_one_too_many():
    InvitationFactory(limit=1, used=1)

    with pytest.raises(IntegrityError, match="an_invitation_lets_in_at_most_its_limit"), transaction.atomic():
        Invitation.objects.update(used=2)


def attempt(invitation, name):
    text = enrolment.current_consent_text(panel=invitation.panel, language="en")
    return enrolment.accept(invitation=invitation, text=text, to=[], attempt=name, now=timezone.now())


@pytest.mark.django_db
def test_an_attempt_that_is_repeated_lets_one_person_in():
    invitation = InvitationFactory(limit=1)
    first, old_link = attempt(invitation, "a browser's")
    again, new_link = attempt(invitation, "a browser's")
    assert again == first
    assert enrolment.find_returning(token=new_link) == first
    with pytest.raises(enrolment.ReturnLinkUnknown):
        enrolment.find_returning(token=old_link)


@pytest.mark.django_db
def test_an_attempt_at_another_invitation_is_another_person():
    assert attempt(InvitationFactory(), "a browser's")[0] != attempt(InvitationFactory(), "a browser's")[0]


@pytest.mark.django_db(transaction=True)
def test_an_attempt_that_comes_twice_at_once_lets_one_person_in():
    invitation = InvitationFactory(limit=1)
    results = at_once(*[lambda: attempt(invitation, "a browser's")[0]] * 4)
    assert len(set(results)) == 1
    assert Annotator.objects.count() == 1
