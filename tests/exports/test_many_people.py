"""A statement takes 65,535 values at most; a release can hold more people than that."""

from dataclasses import replace

import pytest
from django.utils import timezone

from exports import building, changes, intake, manifest
from exports.formats.table import Tally
from exports.models import Release
from exports.scope import agreements, scope_of
from tests.exports.conversations import talk
from tests.factories import AnnotatorFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 70_000


@pytest.fixture
def study():
    study = StudyFactory()
    talk(study=study, annotator=AnnotatorFactory(panel=study.panel), messages=["Mine"])
    return study


def with_many(scope):
    """Return a scope with very many others beside the one person who is in it."""
    (somebody,) = scope.living.values()
    scope.living.update({-number: replace(somebody, number=number) for number in range(2, MANY)})
    return scope


def test_it_can_be_asked_what_very_many_people_agree_to(study):
    (annotator,) = study.panel.annotators.all()
    people = [annotator.pk, *(-number for number in range(1, MANY))]
    assert set(agreements(people, licence=study.asks.licence)) == {annotator.pk}


def test_a_release_of_very_many_people_can_be_described_and_compared_with_the_one_before(study):
    release = intake.request_release(study=study, by=None, now=timezone.now())
    building.build(release_id=release.pk)
    before = Release.objects.get()
    scope = with_many(scope_of(study=study, snapshot_at=timezone.now()))
    assert changes.since(before, scope, {"turns": 0}) == {"release": 1, "people": 0, "rows": {"turns": 0}}
    said = manifest.of(scope, Tally(), rows={}, formats=[], version=2)
    assert [each["people"] for each in said["consent"]] == [1]
