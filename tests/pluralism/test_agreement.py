"""Agreement: published examples, other libraries, hand counts, and what must never change it."""

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.stats import inter_rater

from pluralism import agreement
from pluralism.two_way import Rows

_ = np.nan
# Krippendorff (2011), section C: four observers, twelve units.
SECTION_C = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
        [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
    ]
)
LEVELS = np.arange(1.0, 6)
# Fleiss (1971), table 1: thirty patients, six psychiatrists, five diagnoses.
FLEISS_1971 = np.array(
    [
        [0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0], [2, 0, 4, 0, 0],
        [0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6], [1, 0, 0, 5, 0], [1, 1, 0, 4, 0],
        [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1], [0, 0, 5, 0, 1], [3, 0, 0, 1, 2], [5, 1, 0, 0, 0],
        [0, 2, 0, 4, 0], [1, 0, 2, 0, 3], [0, 0, 0, 0, 6], [0, 1, 0, 5, 0], [0, 2, 0, 1, 3], [2, 0, 0, 4, 0],
        [1, 0, 0, 4, 1], [0, 5, 0, 1, 0], [4, 0, 0, 0, 2], [0, 2, 0, 4, 0], [1, 0, 5, 0, 0], [0, 0, 0, 0, 6],
    ],
    dtype=float,
)  # fmt: skip


def counted(ratings):
    """Return units x categories from observers x units."""
    return np.stack([(ratings == level).sum(axis=0) for level in LEVELS], axis=1).astype(float)


def choices(picks):
    """Return rows from a list per item of the picks of person 0, 1 …; None where a person did not choose."""
    rows = [(item, person, pick) for item, of in enumerate(picks) for person, pick in enumerate(of) if pick is not None]
    items, people, categories = np.array(rows).reshape(-1, 3).T
    return Rows(items=items, people=people, categories=categories)


def uniform(items=40, people=12, *, k=4, seed=1):
    random = np.random.default_rng(seed)
    return choices(random.integers(0, k, (items, people)).tolist())


@pytest.mark.parametrize(
    ("metric", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_alpha_is_that_of_krippendorff_2011(metric: str, published: float) -> None:
    assert agreement.krippendorff_alpha(counted(SECTION_C), LEVELS, metric=metric) == pytest.approx(published, abs=5e-4)


@given(
    arrays(np.float64, (4, 7), elements=st.sampled_from([1.0, 2, 3, 4, 5, np.nan])),
    st.sampled_from(agreement.METRICS),
)
def test_alpha_is_that_of_another_library(ratings, metric: str) -> None:
    ours = agreement.krippendorff_alpha(counted(ratings), LEVELS, metric=metric)
    kept = ratings[:, np.sum(~np.isnan(ratings), axis=0) >= 2]
    if ours is None:
        assert len(np.unique(kept[~np.isnan(kept)])) < 2
    else:
        assert ours == pytest.approx(krippendorff.alpha(kept, level_of_measurement=metric, value_domain=LEVELS))


def test_alpha_of_choices_comes_with_an_interval_over_items_and_people() -> None:
    rated = [[None if np.isnan(value) else int(value) - 1 for value in unit] for unit in SECTION_C.T]
    found = agreement.alpha_of(choices(rated), LEVELS, metric="interval", seed=1, resamples=200)
    assert found.value == pytest.approx(0.849, abs=5e-4)
    assert found.interval
    assert found.interval[0] < 0.849 < found.interval[1] <= 1
    assert (found.items, found.choices) == (11, 40)


def test_people_who_choose_at_random_have_an_alpha_of_nothing() -> None:
    """Whoever is drawn twice is no pair with themselves: else alpha would look higher in every draw."""
    found = agreement.alpha_of(uniform(people=5), seed=1, resamples=200)
    assert found.value == pytest.approx(0, abs=0.06)
    assert found.interval
    assert found.interval[0] < 0 < found.interval[1]
    assert np.mean(found.interval) == pytest.approx(found.value, abs=0.03)


def test_alpha_of_one_value_alone_is_not_defined() -> None:
    assert agreement.krippendorff_alpha(np.array([[3.0, 0], [2, 0]])) is None
    assert agreement.krippendorff_alpha(np.array([[1.0, 0], [0, 1]])) is None


@pytest.mark.parametrize("metric", ["interval", "ratio", "cosine"])
def test_a_metric_without_its_values_is_refused(metric: str) -> None:
    with pytest.raises(ValueError, match="metric"):
        agreement.krippendorff_alpha(np.ones((2, 2)), metric=metric)
    with pytest.raises(ValueError, match="0 or more"):
        agreement.krippendorff_alpha(np.ones((2, 2)), np.array([-1.0, 1]), metric="ratio")


def test_kappa_is_that_of_fleiss_1971() -> None:
    assert agreement.fleiss_kappa(FLEISS_1971) == pytest.approx(0.430, abs=5e-4)


@given(arrays(np.int64, (6, 5), elements=st.integers(0, 3)))
def test_kappa_is_that_of_statsmodels(ratings) -> None:
    table = np.stack([(ratings == value).sum(axis=1) for value in range(4)], axis=1).astype(float)
    ours = agreement.fleiss_kappa(table)
    if ours is None:
        assert len(np.unique(ratings)) == 1
    else:
        assert ours == pytest.approx(inter_rater.fleiss_kappa(table))


def test_kappa_of_uneven_units_is_refused() -> None:
    with pytest.raises(ValueError, match="same number"):
        agreement.fleiss_kappa(np.array([[2.0, 0], [1, 2]]))
    assert agreement.fleiss_kappa(np.array([[3.0, 0], [3, 0]])) is None


def test_pair_agreement_counts_pairs_of_different_people() -> None:
    found = agreement.pair_agreement(np.array([[2, 1, 1, 0], [4, 0, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0]], dtype=float))
    assert found[:3].tolist() == [1 / 6, 1, 0]
    assert np.isnan(found[3])


def test_pair_agreement_of_random_choices_is_one_in_k_whatever_the_number_of_people() -> None:
    random = np.random.default_rng(1)
    for people in (2, 3, 15):
        votes = random.multinomial(people, [0.25] * 4, 20_000).astype(float)
        assert agreement.pair_agreement(votes).mean() == pytest.approx(agreement.chance(4, none=False), abs=0.01)
    assert agreement.chance(4, none=True) == 0.2


@given(st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=6), min_size=1, max_size=5), st.permutations(range(5)))
def test_new_names_for_candidates_change_nothing(picks, names) -> None:
    renamed = [[names[pick] for pick in of] for of in picks]
    one, other = (agreement.mean_agreement(choices(each), seed=1, resamples=5) for each in (picks, renamed))
    assert one.value == pytest.approx(other.value)
    assert one.value is not None
    assert 0 <= one.value <= 1
    votes = choices(picks).votes(len(picks), 5)
    assert one.value == pytest.approx(agreement.pair_agreement(votes).mean())


def test_an_interval_is_wider_where_people_are_few() -> None:
    few = agreement.mean_agreement(uniform(people=3), seed=1, resamples=300)
    many = agreement.mean_agreement(uniform(people=30), seed=1, resamples=300)
    assert few.interval
    assert many.interval
    assert few.interval[1] - few.interval[0] > 2 * (many.interval[1] - many.interval[0])
    assert (many.items, many.people, many.choices) == (40, 30, 1200)


def test_intervals_hold_the_truth_at_least_as_often_as_they_say() -> None:
    """People lean to a candidate of their own on all items, so that rows are far from independent."""
    held = []
    for study in range(60):
        random = np.random.default_rng(study)
        leans = random.dirichlet([1] * 4, 20)
        picks = [[random.choice(4, p=leans[person]) for person in range(20)] for _item in range(15)]
        found = agreement.mean_agreement(choices(picks), seed=study, resamples=100)
        assert found.interval
        # Two people agree on average with probability E[Σ p q] = 1/4.
        held.append(found.interval[0] <= 0.25 <= found.interval[1])
    assert np.mean(held) > 0.87


def test_one_person_or_one_item_has_no_interval() -> None:
    assert agreement.mean_agreement(choices([[1, 1, 2]]), seed=1).interval is None
    alone = agreement.mean_agreement(choices([[1], [2]]), seed=1)
    assert (alone.value, alone.interval, alone.items) == (None, None, 0)


def test_who_chooses_by_place_alone_agrees_no_more_than_shuffled_orders_do() -> None:
    random = np.random.default_rng(3)
    orders = np.array([random.permutation(4) for _row in range(600)])
    items, people = np.repeat(np.arange(40), 15), np.tile(np.arange(15), 40)
    by_place = Rows(items=items, people=people, categories=orders[:, 0])
    null = agreement.by_place_alone(by_place, orders, seed=1, permutations=200)
    assert null
    assert null.p > 0.05
    by_content = Rows(
        items=items, people=people, categories=np.where(random.random(600) < 0.7, items % 4, orders[:, 0])
    )
    null = agreement.by_place_alone(by_content, orders, seed=1, permutations=200)
    assert null
    assert null.p == pytest.approx(1 / 201)
    assert null.mean == pytest.approx(0.25, abs=0.03)
    assert agreement.by_place_alone(choices([[1], [2]]), orders[:2], seed=1) is None


def test_where_all_saw_one_order_content_cannot_be_told_from_place() -> None:
    """Orders are exchanged within an item alone: elsewhere others were drawn."""
    random = np.random.default_rng(4)
    of_items = np.array([random.permutation(4) for _item in range(20)])
    rows = uniform(items=20, people=6, seed=5)
    null = agreement.by_place_alone(rows, of_items[rows.items], seed=1, permutations=20)
    assert null
    assert null.p == 1
    assert null.mean == pytest.approx(agreement.mean_agreement(rows, seed=1, resamples=1).value)


def test_none_of_these_stays_none_in_other_orders() -> None:
    rows = choices([[4, 4, 4, 4], [4, 4, 4, 4]])
    null = agreement.by_place_alone(rows, np.tile(np.arange(4), (8, 1)), seed=1, permutations=20)
    assert null
    assert null.mean == 1


def test_strata_that_agree_within_and_not_between_are_told_apart() -> None:
    rows = choices([[0, 0, 1, 1], [2, 2, 3, 3], [0, 1, 0, 0]])
    found = list(agreement.between_strata(rows, np.array([0, 0, 1, 1]), seed=1, resamples=20))
    assert [(one.one, one.other) for one in found] == [(0, 0), (0, 1), (1, 1)]
    assert [one.value for one in found] == pytest.approx([2 / 3, (0 + 0 + 0.5) / 3, 1])
    assert [one.items for one in found] == [3, 3, 3]


def test_strata_without_an_item_in_common_are_left_out() -> None:
    rows = choices([[0, 1, None, None], [None, None, 2, 2]])
    found = list(agreement.between_strata(rows, np.array([0, 0, 1, 1]), seed=1, resamples=20))
    assert [(one.one, one.other, one.value, one.items) for one in found] == [(0, 0, 0, 1), (1, 1, 1, 1)]
    assert [one.people for one in found] == [(2, 2), (2, 2)]
