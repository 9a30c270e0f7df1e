"""Divergence: known values, other libraries, nulls that hold, and people who are dealt whole."""

from math import log2, pi, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy as scipy_entropy
from scipy.stats import wasserstein_distance
from statsmodels.stats.multitest import multipletests

from pluralism import divergence, families
from pluralism.tetrachoric import tetrachoric
from pluralism.two_way import Rows

COUNTS = arrays(np.float64, (3, 4), elements=st.integers(0, 20)).filter(lambda table: table.sum(axis=1).all())


def study(*, items=20, people=30, k=4, seed=1, lean=0.0, own=0.0):
    """Return choices and groups: each item has its shares; group 1 leans to its first candidate, and each person, as
    often as `own` says, to a candidate of theirs."""
    random = np.random.default_rng(seed)
    groups = np.tile([0, 1], people)[:people]
    taste = random.integers(0, k, people)
    shares = random.dirichlet([2] * k, items)
    rows = []
    for item in range(items):
        for person in range(people):
            pick = random.choice(k, p=shares[item])
            pick = 0 if groups[person] and random.random() < lean else pick
            rows.append((item, person, taste[person] if random.random() < own else pick))
    of_items, of_people, categories = np.array(rows).T
    return Rows(items=of_items, people=of_people, categories=categories), groups


@given(COUNTS, COUNTS)
def test_divergences_are_those_of_scipy(one, other) -> None:
    assert divergence.entropy(one) == pytest.approx(scipy_entropy(one, base=2, axis=1))
    # At a distance of nearly 0 the last digit of the divergence counts for much.
    assert divergence.js_divergence(one, other) == pytest.approx(
        jensenshannon(one, other, base=2, axis=1) ** 2, abs=1e-9
    )
    shared = np.where(other == 0, 0.5, other)
    assert divergence.kl_divergence(one, shared) == pytest.approx(scipy_entropy(one, shared, base=2, axis=1), abs=1e-9)
    values = np.array([1.0, 2, 4, 7])
    expected = [wasserstein_distance(values, values, *pair) for pair in zip(one, other, strict=True)]
    assert divergence.wasserstein(one, other, values) == pytest.approx(expected, abs=1e-9)


@given(COUNTS, COUNTS, st.permutations(range(4)))
def test_distances_are_symmetric_bounded_and_blind_to_names(one, other, names) -> None:
    found = divergence.js_distance(one, other)
    assert found == pytest.approx(divergence.js_distance(other, one))
    assert found == pytest.approx(divergence.js_distance(one[:, names], other[:, names]), abs=1e-6)
    assert np.all((found >= 0) & (found <= 1))
    moved = divergence.wasserstein(one, other)
    assert np.all((moved >= -1e-12) & (moved <= 1 + 1e-12))
    assert divergence.js_distance(one, one) == pytest.approx(np.zeros(3), abs=1e-6)


def test_groups_with_nothing_in_common_are_one_apart_and_infinitely_surprising() -> None:
    one, other = np.array([[3.0, 0]]), np.array([[0, 5.0]])
    assert divergence.js_distance(one, other).tolist() == [1]
    assert divergence.kl_divergence(one, other).tolist() == [np.inf]
    assert divergence.wasserstein(one, other).tolist() == [1]


def test_two_groups_of_fifteen_that_are_alike_are_a_quarter_apart() -> None:
    random = np.random.default_rng(1)
    one, other = (random.multinomial(15, [0.25] * 4, 20_000).astype(float) for _side in range(2))
    assert divergence.js_distance(one, other).mean() == pytest.approx(0.26, abs=0.005)


def test_the_correction_takes_the_bias_from_entropy() -> None:
    counts = np.random.default_rng(2).multinomial(15, [0.25] * 4, 20_000).astype(float)
    plain, corrected = divergence.entropy(counts).mean(), divergence.corrected_entropy(counts).mean()
    assert plain < 1.88
    assert corrected == pytest.approx(log2(4), abs=0.02)
    # Five who chose the same, and none of the others: nothing to correct.
    assert divergence.corrected_entropy(np.array([[5.0, 0, 0]])).tolist() == [0]


def test_how_divided_people_are_comes_with_an_interval_over_people_and_items() -> None:
    """Every item has the same shares, and each person a taste of theirs: only people differ."""
    held, rows = [], None
    for seed in range(40):
        random = np.random.default_rng(seed)
        taste = random.integers(0, 4, 40)
        picks = np.where(random.random((12, 40)) < 0.5, taste, random.integers(0, 4, (12, 40)))
        rows = Rows(items=np.repeat(np.arange(12), 40), people=np.tile(np.arange(40), 12), categories=picks.ravel())
        found = divergence.mean_entropy(rows, fewest=40)
        assert found
        assert found.interval
        held.append(found.interval[0] <= 2 <= found.interval[1])
    assert np.mean(held) > 0.8
    assert rows
    assert divergence.mean_entropy(rows, fewest=41) is None


def test_people_who_choose_the_same_on_more_items_tell_no_more() -> None:
    random = np.random.default_rng(6)
    picks, groups = random.choice(4, 40, p=[0.4, 0.3, 0.2, 0.1]), np.tile([0, 1], 20)
    widths = []
    for items in (2, 20):
        rows = Rows(
            items=np.repeat(np.arange(items), 40),
            people=np.tile(np.arange(40), items),
            categories=np.tile(picks, items),
        )
        alone, apart = divergence.mean_entropy(rows, fewest=5), divergence.between_groups(rows, groups, seed=1)
        assert alone
        assert apart
        widths.append([each.interval[1] - each.interval[0] for each in (alone, apart) if each.interval])
    assert widths[0] == pytest.approx(widths[1])
    assert len(widths[0]) == 2


def test_the_tetrachoric_correlation_is_that_of_pearson_1900() -> None:
    # Pearson's table of 2,081 cases of smallpox, by vaccination and recovery.
    assert tetrachoric(np.array([[1562.0, 42], [383, 94]])) == pytest.approx(0.5954, abs=5e-4)


@given(st.floats(0.01, 0.49))
def test_cut_in_the_middle_it_is_sheppards_formula(share: float) -> None:
    table = np.array([[share, 0.5 - share], [0.5 - share, share]])
    assert tetrachoric(table) == pytest.approx(sin(2 * pi * (share - 0.25)), abs=1e-4)


def test_a_table_with_an_empty_side_has_no_correlation() -> None:
    assert tetrachoric(np.array([[3.0, 4], [0, 0]])) is None
    found = tetrachoric(np.array([[9.0, 0], [0, 9]]))
    assert found is not None
    assert 0.9 < found < 1


def test_groups_that_are_alike_exceed_their_null_no_more_often_than_the_test_says() -> None:
    """Each person leans to a candidate of their own: a test that exchanged rows would see differences everywhere."""
    found = [
        divergence.between_groups(*study(items=8, own=0.6, seed=seed), seed=seed, permutations=60, fewest=5)
        for seed in range(60)
    ]
    assert np.mean([one.p <= 0.05 for one in found if one]) <= 0.12
    assert np.mean([one.excess for one in found if one]) == pytest.approx(0, abs=0.01)
    held = [one.interval[0] <= 0 <= one.interval[1] for one in found if one and one.interval]
    assert len(held) == 60
    assert np.mean(held) > 0.85


def test_groups_that_differ_are_found() -> None:
    found = divergence.between_groups(*study(lean=0.6), seed=1)
    assert found
    assert found.p == pytest.approx(1 / 1001)
    assert found.excess > 0.1
    assert found.interval
    assert found.interval[0] > 0
    assert (found.items, found.people, found.choices) == (20, (15, 15), (300, 300))


def test_a_difference_between_blocks_is_none_between_groups() -> None:
    """Country 1 chooses otherwise and has most of group 1: within countries the groups are alike."""
    rows, countries = study(people=60, lean=0.8, seed=4)
    random = np.random.default_rng(5)
    groups = np.where(random.random(60) < np.where(countries == 1, 0.8, 0.2), 1, 0)
    blind = divergence.between_groups(rows, groups, seed=1)
    within = divergence.between_groups(rows, groups, seed=1, blocks=countries)
    assert blind
    assert within
    assert blind.p < 0.01
    assert within.p > 0.05


def test_too_few_people_are_not_compared() -> None:
    rows, groups = study(people=18)
    assert divergence.between_groups(rows, groups, seed=1) is None
    found = divergence.between_groups(rows, groups, seed=1, fewest=9)
    assert found
    assert found.people == (9, 9)
    # Every person is alone in a block: nobody can be exchanged.
    assert divergence.between_groups(rows, groups, seed=1, fewest=9, blocks=np.arange(18)) is None


def test_who_is_in_neither_group_and_items_of_one_group_do_not_count() -> None:
    rows, groups = study()
    outside = np.append(groups, -1)
    more = Rows(
        items=np.append(rows.items, [0, 99]),
        people=np.append(rows.people, [30, 0]),
        categories=np.append(rows.categories, [1, 1]),
    )
    one, other = (
        divergence.between_groups(rows, groups, seed=1, permutations=50),
        divergence.between_groups(more, outside, seed=1, permutations=50),
    )
    assert one == other


@pytest.mark.parametrize("p_values", [[0.2], [0.01, 0.04, 0.03, 0.005], [1.0, 0, 0.5, 0.5, 0.02, 0.02]])
def test_families_are_corrected_as_statsmodels_does(p_values) -> None:
    p_values = np.array(p_values)
    for ours, theirs in ((families.holm, "holm"), (families.benjamini_hochberg, "fdr_bh")):
        assert ours(p_values) == pytest.approx(multipletests(p_values, method=theirs)[1])
