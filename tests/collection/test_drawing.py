"""Which item is drawn, and with what probability."""

import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collection import drawing
from collection.models import Overlap
from tests.factories import ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ring(monkeypatch):
    """Twelve items of one level, and windows of four."""
    monkeypatch.setattr(drawing, "WINDOW", 4)
    study = StudyFactory()
    for place in range(12):
        ItemFactory(study=study)
        Overlap.objects.filter(pk=Overlap.objects.last().pk).update(draw_key=((place / 12) ** 2))
    return Overlap.objects.filter(study=study)


def draws(ring, number):
    return [drawing.draw(ring, rng=random.Random(seed)) for seed in range(number)]


def test_nothing_is_drawn_from_nothing():
    assert drawing.draw(Overlap.objects.all(), rng=random.Random(1)) is None


def test_the_probabilities_of_all_items_add_up_to_one(ring):
    chances = {drawn.overlap_id: drawn.probability for drawn in draws(ring, 400)}
    assert len(chances) == 12
    assert sum(chances.values()) == pytest.approx(1)


def test_items_come_as_often_as_their_probability_says(ring):
    drawn = draws(ring, 2000)
    often = Counter(one.overlap_id for one in drawn)
    for pk, chance in {one.overlap_id: one.probability for one in drawn}.items():
        # Five standard deviations.
        assert abs(often[pk] - 2000 * chance) < 5 * (2000 * chance * (1 - chance)) ** 0.5


@pytest.mark.parametrize("left", [1, 3, 4])
def test_where_a_window_holds_all_of_them_each_has_the_same_chance(ring, left):
    few = ring.filter(pk__in=list(ring.values_list("pk", flat=True)[:left]))
    assert {drawn.probability for drawn in draws(few, 30)} == {1 / left}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.lists(st.floats(0, 1, exclude_max=True), min_size=5, max_size=12, unique=True), seed=st.integers(0, 2**32)
)
def test_wherever_the_keys_lie_a_probability_is_one(ring, keys, seed):
    for overlap, key in zip(ring.order_by("pk"), keys, strict=False):
        Overlap.objects.filter(pk=overlap.pk).update(draw_key=key, taken=1)
    least = ring.filter(taken=1)
    drawn = drawing.draw(least, rng=random.Random(seed))
    assert 0 < drawn.probability <= 1
    assert drawn.level == 1
    ring.update(taken=0)


def test_the_number_of_look_ups_does_not_grow(ring, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        drawing.draw(ring, rng=random.Random(7))
