"""A study's page says in words why sets failed: those written ahead of time, and those that people waited for."""

import html

import pytest

from sampling.reasons import REASONS
from tests.factories import CandidateSetFactory, ItemFactory, StudyFactory, TaskFactory, TurnFactory, UserFactory

# Codes that are noted for one answer or one set, and may stand in the detail of a set that never got fit.
NOTED = ["refusal", "about-the-task", "too-short", "too-long", "uneven", "moderated", "alike", "language", "cut-off"]


@pytest.fixture
def study(db, client):
    researcher = UserFactory()
    client.force_login(researcher)
    return StudyFactory(slug="everyday", researchers=[researcher])


def page(client):
    return html.unescape(client.get("/studies/everyday/").content.decode())


@pytest.mark.parametrize("waited_for", [False, True])
def test_a_set_that_never_got_fit_says_what_was_wrong_with_its_answers(client, study, waited_for):
    broken = CandidateSetFactory(
        failed=True, failure="unfit", failure_detail=", ".join(NOTED), recipe=study.version.first_recipe
    )
    if waited_for:
        TurnFactory(task=TaskFactory(study=study, own=True), candidate_set=broken)
    else:
        ItemFactory(study=study, candidate_set=broken)
    shown = page(client)
    assert all(str(REASONS[code]) in shown for code in ["unfit", *NOTED[:5]])
    assert "about-the-task" not in shown


@pytest.mark.parametrize("waited_for", [False, True])
def test_a_set_that_was_given_up_because_the_model_declined_says_so(client, study, waited_for):
    broken = CandidateSetFactory(failed=True, failure="refused", recipe=study.version.first_recipe)
    if waited_for:
        TurnFactory(task=TaskFactory(study=study, own=True), candidate_set=broken)
    else:
        ItemFactory(study=study, candidate_set=broken)
    assert str(REASONS["refused"]) in page(client)
