"""A person comes back by their own link."""

import pytest
from django.utils import timezone

from annotators import enrolment
from annotators.models import Annotator
from tests.factories import AnnotatorFactory


@pytest.mark.django_db
def test_it_leads_to_the_same_person_and_its_token_is_kept_nowhere():
    annotator = AnnotatorFactory()

    token = enrolment.new_return_link(annotator=annotator)

    assert enrolment.find_returning(token=token) == annotator
    assert token not in str(Annotator.objects.values())


@pytest.mark.django_db
def test_a_new_link_ends_the_old_one():
    annotator = AnnotatorFactory()
    old = enrolment.new_return_link(annotator=annotator)
    new = enrolment.new_return_link(annotator=annotator)

    with pytest.raises(enrolment.ReturnLinkUnknown):
        enrolment.find_returning(token=old)
    assert enrolment.find_returning(token=new) == annotator


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "never made", "\0"])
def test_any_other_token_leads_to_nobody(token):
    # Somebody without a return link is found by no token, the empty one included.
    AnnotatorFactory(return_token_hash="")

    with pytest.raises(enrolment.ReturnLinkUnknown):
        enrolment.find_returning(token=token)


@pytest.mark.django_db
def test_whoever_has_withdrawn_does_not_return():
    annotator = AnnotatorFactory()
    token = enrolment.new_return_link(annotator=annotator)

    enrolment.withdraw(annotator=annotator, now=timezone.now())

    with pytest.raises(enrolment.ReturnLinkUnknown):
        enrolment.find_returning(token=token)
