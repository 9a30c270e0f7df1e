"""Weights, design effects and balanced draws: what they hold to, and where they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipfn import ipfn

from pluralism import representation
from pluralism.representation import NOT_SAID, CannotWeigh, rake

ADULTS = [np.array([0.5, 0.5]), np.array([0.2, 0.3, 0.5])]


def people(count=300, *, seed=1):
    """Return people with a gender and an age band, more of some kinds than of others."""
    random = np.random.default_rng(seed)
    return np.stack([random.choice(2, count, p=[0.7, 0.3]), random.choice(3, count, p=[0.5, 0.3, 0.2])], axis=1)


def shares(codes, weights, categories):
    return np.bincount(codes, weights=weights, minlength=categories) / weights.sum()


def test_raking_gives_the_weights_of_ipfn() -> None:
    codes = people()
    found = rake(codes, ADULTS)
    table = np.zeros((2, 3))
    np.add.at(table, (codes[:, 0], codes[:, 1]), 1)
    margins = [target * len(codes) for target in ADULTS]
    fitted = ipfn.ipfn(table.copy(), margins, [[0], [1]], convergence_rate=1e-12, rate_tolerance=0).iteration()
    assert found.weights == pytest.approx((fitted / table)[codes[:, 0], codes[:, 1]], rel=1e-4)


@given(st.integers(0, 10_000), st.floats(0.1, 0.9), st.floats(0.1, 0.45))
def test_margins_are_met_and_weights_are_one_on_average(seed: int, women: float, young: float) -> None:
    codes = people(seed=seed)
    targets = [np.array([1 - women, women]), np.array([young, 0.5, 0.5 - young])]
    found = rake(codes, targets)
    assert found.weights.mean() == pytest.approx(1)
    assert found.weights.min() > 0
    assert shares(codes[:, 0], found.weights, 2) == pytest.approx(targets[0], abs=1e-5)
    assert shares(codes[:, 1], found.weights, 3) == pytest.approx(targets[1], abs=1e-5)
    assert found.design_effect >= 1
    assert found.effective_size == pytest.approx(len(codes) / found.design_effect)


def test_who_prefers_not_to_say_keeps_their_share() -> None:
    codes = people()
    codes[:30, 0] = NOT_SAID
    found = rake(codes, ADULTS)
    silent = codes[:, 0] == NOT_SAID
    assert found.weights[silent].sum() / 300 == pytest.approx(0.1, abs=1e-5)
    assert shares(codes[~silent, 0], found.weights[~silent], 2) == pytest.approx([0.5, 0.5], abs=1e-5)


def test_a_cap_holds_and_what_it_costs_is_told() -> None:
    codes = people()
    free, cut = rake(codes, ADULTS), rake(codes, ADULTS, cap=2)
    assert free.weights.max() > 2.5
    assert cut.weights.max() <= 2 + 1e-9
    assert cut.weights.mean() == pytest.approx(1)
    assert cut.trimmed > 0
    assert cut.largest_gap > free.largest_gap
    assert cut.effective_size > free.effective_size


def test_margins_that_cannot_be_met_are_refused() -> None:
    same = np.array([[0, 0], [1, 1]] * 5)
    with pytest.raises(CannotWeigh, match="contradict"):
        rake(same, [np.array([0.5, 0.5]), np.array([0.9, 0.1])])
    with pytest.raises(CannotWeigh, match="nobody"):
        rake(np.zeros((5, 1), dtype=int), [np.array([0.5, 0.5])])
    with pytest.raises(ValueError, match="one share for each category"):
        rake(np.array([[2]]), [np.array([0.5, 0.5])])
    with pytest.raises(ValueError, match="cap"):
        rake(people(), ADULTS, cap=1)


def test_the_design_effect_of_weights_is_kishs() -> None:
    # Half of the people count three times as much: 2 * (1 + 9) / 16.
    weights = np.array([1.0, 3.0] * 10)
    assert representation.design_effect(weights) == pytest.approx(1.25)
    assert representation.effective_size(weights) == pytest.approx(16)
    assert representation.design_effect(np.full(7, 4.2)) == pytest.approx(1)


def test_clusters_of_equal_weights_give_kishs_known_formula() -> None:
    clusters = np.repeat(np.arange(10), 5)
    effect = representation.clustered_design_effect(np.ones(50), clusters, correlation=0.1)
    assert effect == pytest.approx(1 + 4 * 0.1)
    assert representation.effective_size(np.ones(50), clusters, correlation=1) == pytest.approx(10)
    assert representation.effective_size(np.ones(50), clusters, correlation=-0.3) == pytest.approx(50)


def test_the_correlation_within_clusters_is_that_of_shrout_and_fleiss() -> None:
    # Shrout and Fleiss (1979), table 2: six targets, four judges; table 4 gives ICC(1,1) = .17.
    ratings = np.array([9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7], dtype=float)
    assert representation.intraclass_correlation(ratings, np.repeat(np.arange(6), 4)) == pytest.approx(0.17, abs=0.005)
    assert representation.intraclass_correlation(np.array([1.0, 1, 5, 5]), np.array([0, 0, 1, 1])) == 1
    assert representation.intraclass_correlation(ratings, np.arange(24)) is None
    assert representation.intraclass_correlation(np.ones(4), np.array([0, 0, 1, 1])) is None


def test_equal_shares_take_as_many_of_each_as_the_smallest_has() -> None:
    strata = np.repeat([0, 1, 2], [30, 7, 12])
    found = representation.draw(strata, np.ones(3), seed=1)
    assert found.took.tolist() == [7, 7, 7]
    assert np.bincount(strata[found.taken]).tolist() == [7, 7, 7]
    assert found.unmet == []


def test_given_shares_are_met_to_within_one_person() -> None:
    strata = np.repeat([0, 1, 2], [30, 30, 10])
    found = representation.draw(strata, np.array([0.5, 0.3, 0.2]), seed=1)
    assert found.took.tolist() == [25, 15, 10]


@given(
    st.lists(st.integers(-1, 4), max_size=60), st.lists(st.floats(0.05, 1), min_size=5, max_size=5), st.integers(0, 9)
)
def test_a_draw_never_takes_more_than_there_are_and_stays_near_the_shares(strata, wanted, seed) -> None:
    codes, shares = np.array(strata, dtype=np.int64), np.array(wanted)
    found = representation.draw(codes, shares, seed=seed)
    available = np.bincount(codes[codes >= 0], minlength=5)
    assert np.all(found.took <= available)
    assert np.bincount(codes[found.taken], minlength=5).tolist() == found.took.tolist()
    assert not found.taken[codes < 0].any()
    assert found.unmet == [stratum for stratum in range(5) if not available[stratum]]
    met = available > 0
    if met.any():
        # One stratum gives all it has: nothing larger keeps the shares.
        size = (available[met] / shares[met]).min()
        assert np.all(np.abs(found.took[met] - size * shares[met]) < 1 + 1e-6)
        assert np.any(found.took[met] == available[met])


def test_a_stratum_with_too_few_people_is_named_and_left_out() -> None:
    strata = np.repeat([0, 1, 2], [10, 8, 2])
    found = representation.draw(strata, np.ones(4), seed=1, fewest=5)
    assert (found.took.tolist(), found.unmet) == ([8, 8, 0, 0], [2, 3])
    assert representation.draw(np.array([NOT_SAID] * 3), np.ones(2), seed=1).took.tolist() == [0, 0]


def test_the_same_seed_draws_the_same_people() -> None:
    strata = np.repeat([0, 1], [50, 20])
    one, again, other = (representation.draw(strata, np.ones(2), seed=seed).taken for seed in (1, 1, 2))
    assert one.tolist() == again.tolist()
    assert one.tolist() != other.tolist()
    # Each of the fifty has the same chance.
    drawn = np.sum([representation.draw(strata, np.ones(2), seed=seed).taken[:50] for seed in range(600)], axis=0)
    assert drawn.min() / 600 > 0.3
    assert drawn.max() / 600 < 0.5


def test_nobody_has_more_conversations_than_the_cap() -> None:
    owners = np.array([7, 7, 7, 3, 3, NOT_SAID, 7, 9])
    kept = representation.capped(owners, most=2, seed=1)
    assert {owner: int(kept[owners == owner].sum()) for owner in (7, 3, 9, NOT_SAID)} == {7: 2, 3: 2, 9: 1, NOT_SAID: 0}


def test_items_are_counted_again_among_the_people_drawn() -> None:
    items = np.array([1, 1, 1, 2, 2, NOT_SAID, 1])
    persons = np.array([1, 2, 3, 1, 1, 4, 9])
    counted = np.array([True, True, True, True, True, True, False])
    found = representation.shared_by(items, persons, counted, fewest=2)
    # Item 2 was given twice to one person; the last row does not count itself.
    assert found.tolist() == [True, True, True, False, False, False, False]


def test_quotas_stand_beside_who_came() -> None:
    found = representation.achieved(np.array([30.0, 10.0]), np.array([12, 12]))
    assert [(one.wanted, one.came, one.share_wanted, one.share_came) for one in found] == [
        (30, 12, 0.75, 0.5),
        (10, 12, 0.25, 0.5),
    ]
    assert representation.dissimilarity(np.array([30.0, 10.0]), np.array([12.0, 12.0])) == 0.25
    assert representation.achieved(np.array([1.0]), np.array([0]))[0].share_came is None
