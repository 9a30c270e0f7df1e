"""In which order people see the candidates of a set."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from collection.orders import balanced_order, drawn_order

sizes = some.integers(2, 8)
seeds = some.integers(0, 2**63 - 1)


@given(k=sizes, seed=seeds)
def test_a_drawn_order_holds_every_slot_once_and_can_be_drawn_again(k, seed):
    order = drawn_order(k=k, seed=seed)

    assert sorted(order) == list(range(k))
    assert drawn_order(k=k, seed=seed) == order


@given(k=sizes, seed=seeds, people=some.integers(1, 40))
def test_over_any_number_of_people_every_candidate_stands_in_every_place_equally_often(k, seed, people):
    orders = [balanced_order(k=k, seed=seed, index=index) for index in range(people)]

    for place in range(k):
        counts = Counter(dict.fromkeys(range(k), 0))
        counts.update(order[place] for order in orders)
        assert max(counts.values()) - min(counts.values()) <= 1


@given(k=sizes, seed=seeds, index=some.integers(0, 10_000))
def test_a_balanced_order_follows_from_its_seed_and_index(k, seed, index):
    order = balanced_order(k=k, seed=seed, index=index)

    assert sorted(order) == list(range(k))
    assert balanced_order(k=k, seed=seed, index=index) == order


def test_blocks_start_at_random():
    starts = Counter(tuple(balanced_order(k=4, seed=seed, index=0)) for seed in range(2400))

    assert len(starts) == 24
    assert max(starts.values()) < 2 * min(starts.values())


def test_no_candidate_follows_another_more_often_than_chance():
    orders = [balanced_order(k=4, seed=seed, index=index) for seed in range(500) for index in range(4)]
    pairs = Counter(pair for order in orders for pair in pairwise(order))

    assert len(pairs) == 12
    assert max(pairs.values()) == pytest.approx(min(pairs.values()), rel=0.35)
