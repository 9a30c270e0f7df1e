"""Texts of people who left are emptied; that a set was, and how it was made, stays."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.utils import timezone

from sampling.claims import claim
from sampling.intake import erase, request_again
from sampling.models import Candidate, CandidateSet, Completion

MakeSet = Callable[..., CandidateSet]
NOW = timezone.now()


def written(make_set: MakeSet) -> CandidateSet:
    candidate_set = make_set(status="ready", canonical_order=[0])
    completion = Completion.objects.create(
        candidate_set=candidate_set,
        number=0,
        purpose="set",
        text="raw",
        generator="huggingface",
        model="m",
        revision="r",
    )
    Candidate.objects.create(candidate_set=candidate_set, slot=0, text="answer", completion=completion, method="m")
    return candidate_set


def test_messages_candidates_and_completions_are_emptied_and_the_rest_stays(make_set: MakeSet) -> None:
    gone, stays = written(make_set), written(make_set)
    erase(candidate_sets=CandidateSet.objects.filter(pk=gone.pk), now=NOW)
    gone.refresh_from_db()
    stays.refresh_from_db()
    assert (gone.messages, gone.erased_at, gone.status) == ([], NOW, "ready")
    assert [candidate.text for candidate in gone.candidates.all()] == [""]
    assert [(one.text, one.model) for one in gone.completions.all()] == [("", "m")]
    assert stays.messages
    assert stays.candidates.get().text == "answer"


@pytest.mark.parametrize("begun", [False, True])
def test_nothing_is_written_into_a_set_after_it_was_erased(make_set: MakeSet, begun: bool) -> None:
    candidate_set = make_set()
    held = claim(candidate_set_id=candidate_set.pk, worker="w", now=NOW) if begun else None
    erase(candidate_sets=CandidateSet.objects.all(), now=NOW)
    candidate_set.refresh_from_db()
    assert (candidate_set.status, candidate_set.failure) == ("failed", "erased")
    assert claim(candidate_set_id=candidate_set.pk, worker="w", now=NOW) is None
    assert held is None or not held.standing().exists()
    assert not request_again(candidate_set=candidate_set, now=NOW)


def test_a_claim_of_another_token_does_not_stand(make_set: MakeSet) -> None:
    candidate_set = make_set()
    claim(candidate_set_id=candidate_set.pk, worker="w", now=NOW)
    assert not CandidateSet.objects.held_with(str(uuid4())).exists()
