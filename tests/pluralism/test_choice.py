"""Why candidates are chosen: planted effects are found, other libraries agree, and what is not settled is refused."""

import choix
import numpy as np
import pytest
from statsmodels.discrete.conditional_models import ConditionalLogit

from pluralism import choice
from pluralism.choice import Undefined


def drawn(utilities, *, random):
    """Choose by the logit of utilities, shape (choices, k)."""
    return (utilities + random.gumbel(size=utilities.shape)).argmax(axis=1)


def orders(choices, *, random, k=4):
    """Return the place of each candidate on each screen."""
    return np.array([random.permutation(k) for _choice in range(choices)])


def test_places_that_are_chosen_as_often_are_no_effect() -> None:
    places = np.random.default_rng(1).permutation(np.tile(np.arange(4), 100))
    found = choice.position_effect(places, np.repeat(np.arange(40), 10), k=4)
    assert [place.chosen for place in found.places] == [100] * 4
    assert (found.choices, found.people) == (400, 40)
    assert found.p is not None
    assert found.p > 0.05


def test_the_places_of_community_alignment_are_an_effect() -> None:
    random = np.random.default_rng(1)
    places = random.choice(4, 2000, p=[0.35, 0.20, 0.17, 0.28])
    found = choice.position_effect(places, np.repeat(np.arange(100), 20), k=4)
    assert found.p is not None
    assert found.p < 1e-6
    assert all(
        place.low < share < place.high for place, share in zip(found.places, [0.35, 0.2, 0.17, 0.28], strict=True)
    )
    assert sum(place.share for place in found.places) == pytest.approx(1)


def test_chance_is_called_an_effect_no_more_often_than_the_test_says() -> None:
    found = []
    for study in range(400):
        random = np.random.default_rng(study)
        places = random.integers(0, 4, 30 * 12)
        found.append(choice.position_effect(places, np.repeat(np.arange(30), 12), k=4).p)
    assert 0.02 < np.mean([p <= 0.05 for p in found if p is not None]) < 0.08


def test_habits_of_single_people_are_no_effect_of_places() -> None:
    """Each always chooses a place of their own: by chi-square on choices nothing could look less like chance."""
    habits = np.random.default_rng(2).integers(0, 4, 60)
    found = choice.position_effect(np.repeat(habits, 30), np.repeat(np.arange(60), 30), k=4)
    assert found.p is not None
    assert found.p > 0.05
    assert choice.position_effect(np.array([0, 0, 1]), np.array([1, 2, 3]), k=4).p is None
    with pytest.raises(Undefined):
        choice.position_effect(np.array([], dtype=int), np.array([], dtype=int), k=4)


def test_the_logit_is_that_of_statsmodels() -> None:
    random = np.random.default_rng(3)
    terms = random.normal(size=(300, 4, 2))
    chosen = drawn(terms @ np.array([0.8, -0.3]), random=random)
    ours = choice.conditional_logit(terms, chosen, np.arange(300))
    outcome = (np.arange(4) == chosen[:, None]).ravel().astype(float)
    theirs = ConditionalLogit(outcome, terms.reshape(-1, 2), groups=np.repeat(np.arange(300), 4)).fit(disp=False)
    assert ours.values == pytest.approx(theirs.params, abs=1e-4)
    # Without people who choose twice the errors are nearly those of the model.
    assert [term.error for term in ours.terms()] == pytest.approx(theirs.bse, rel=0.1)


def test_terms_of_slot_and_length_are_found_again() -> None:
    random = np.random.default_rng(4)
    places, lengths = orders(3000, random=random), random.integers(200, 900, (3000, 4)).astype(float)
    terms = choice.slot_and_length(places, lengths)
    assert terms.shape == (3000, 4, 4)
    truth = np.array([-0.5, -0.6, -0.2, 0.4])
    found = choice.conditional_logit(terms, drawn(terms @ truth, random=random), np.repeat(np.arange(150), 20)).terms()
    for term, value in zip(found, truth, strict=True):
        assert abs(term.value - value) < 4 * term.error
        assert term.interval[0] < term.value < term.interval[1]
    assert found[0].p < 0.001


def test_errors_grow_where_a_persons_choices_repeat_each_other() -> None:
    random = np.random.default_rng(5)
    terms = random.normal(size=(100, 4, 1))
    chosen = drawn(terms[:, :, 0] * 0.5, random=random)
    once = choice.conditional_logit(terms, chosen, np.arange(100)).terms()[0]
    tenfold = choice.conditional_logit(
        np.repeat(terms, 10, axis=0), np.repeat(chosen, 10), np.repeat(np.arange(100), 10)
    ).terms()[0]
    assert tenfold.value == pytest.approx(once.value)
    assert tenfold.error == pytest.approx(once.error, rel=0.01)


def test_a_candidate_that_was_not_offered_counts_for_nothing() -> None:
    random = np.random.default_rng(6)
    terms = random.normal(size=(200, 3, 1))
    chosen = drawn(terms[:, :, 0], random=random)
    more = np.concatenate([terms, np.full((200, 1, 1), np.nan)], axis=1)
    one, other = (choice.conditional_logit(each, chosen, np.arange(200)) for each in (terms, more))
    assert one.values == pytest.approx(other.values)


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (np.ones((20, 4, 1)), "never differs"),
        (np.tile(np.eye(4)[:, :1], (20, 1, 1)), "always goes with"),
    ],
)
def test_what_the_choices_do_not_settle_is_refused(terms, said) -> None:
    with pytest.raises(Undefined, match=said):
        choice.conditional_logit(terms, np.zeros(20, dtype=int), np.arange(20))


def test_strengths_are_those_of_choix() -> None:
    random = np.random.default_rng(7)
    kinds = np.array([random.permutation(5)[:4] for _choice in range(400)])
    truth = np.array([0.6, 0.2, 0, -0.3, -0.5])
    chosen = drawn(truth[kinds], random=random)
    ours = choice.strengths(kinds, chosen, np.arange(400), kinds=5)
    data = [(kinds[row, pick], tuple(np.delete(kinds[row], pick))) for row, pick in enumerate(chosen)]
    assert [term.value for term in ours] == pytest.approx(choix.ilsr_top1(5, data), abs=1e-5)
    assert sum(term.value for term in ours) == pytest.approx(0, abs=1e-9)
    assert all(abs(term.value - value) < 4 * term.error for term, value in zip(ours, truth, strict=True))


def test_with_two_candidates_it_is_bradley_and_terry() -> None:
    # The first wins three of four: log odds of ln 3.
    kinds = np.tile([0, 1], (40, 1))
    found = choice.strengths(kinds, np.array([0, 0, 0, 1] * 10), np.arange(40), kinds=2)
    assert [term.value for term in found] == pytest.approx([np.log(3) / 2, -np.log(3) / 2])
    assert found[0].error == pytest.approx(found[1].error)


def test_candidates_without_a_kind_and_sets_of_one_kind_do_not_count() -> None:
    kinds = np.array([[0, 1, -1], [1, 0, -1]] * 10 + [[0, 0, 0], [-1, -1, 1], [0, 1, -1]])
    chosen = np.array([0, 0] * 10 + [1, 2, 2])
    found = choice.strengths(kinds, chosen, np.arange(23), kinds=2)
    assert [term.value for term in found] == pytest.approx([0, 0], abs=1e-9)


def test_a_kind_that_always_wins_has_no_strength() -> None:
    with pytest.raises(Undefined, match="always chosen"):
        choice.strengths(np.tile([0, 1], (9, 1)), np.zeros(9, dtype=int), np.arange(9), kinds=2)
    with pytest.raises(Undefined, match="never offered"):
        choice.strengths(np.tile([0, 1], (4, 1)), np.array([0, 1, 0, 1]), np.arange(4), kinds=3)
