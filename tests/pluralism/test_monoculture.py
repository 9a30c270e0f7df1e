"""People and models on two axes: who is beyond all models, against chance, and without the noise of single choices."""

import numpy as np
import pytest

from pluralism import monoculture

# The four poles: traditional, secular-rational, survival, self-expression.
POLES = np.array([[-1.0, 0], [1, 0], [0, -1], [0, 1]])


def choosing(shares, *, choices=20, seed=1):
    """Return who chose, and what: person i chooses the four poles in these shares."""
    random = np.random.default_rng(seed)
    people = np.repeat(np.arange(len(shares)), choices)
    chosen = np.concatenate([POLES[random.choice(4, choices, p=share)] for share in shares])
    return people, chosen, np.tile(POLES, (len(people), 1, 1))


def test_a_position_is_the_mean_of_what_was_chosen() -> None:
    found = monoculture.standing(np.array([7, 7, 3, 7, 7]), POLES[[1, 1, 0, 3, 0]])
    assert found.people.tolist() == [3, 7]
    assert found.positions.tolist() == [[-1, 0], [0.25, 0.25]]
    assert found.choices.tolist() == [1, 4]


def test_people_beyond_all_models_are_counted_per_axis_and_together() -> None:
    # Forty people who choose secular and self-expression alike, sixty who choose tradition and survival.
    people, chosen, offered = choosing([[0, 0.5, 0, 0.5]] * 40 + [[0.5, 0, 0.5, 0]] * 60)
    models = np.array([[0.2, 0.3], [0.6, 0.1], [0.4, 0.4]])
    found = monoculture.compare(people, chosen, offered, models, seed=1)
    assert found
    stands = monoculture.standing(people, chosen).positions
    assert found.beyond.share == np.mean((stands[:, 0] > 0.2) & (stands[:, 1] > 0.1))
    assert 0.3 < found.beyond.share <= 0.4
    assert (found.quadrant, found.models_in_quadrant) == ((1, 1), 1)
    assert found.in_quadrant.share == 0.4
    assert found.beyond.low < found.beyond.share < found.beyond.high
    assert found.spread_of_models is not None
    assert found.spread_of_models == pytest.approx([0.04, 7 / 300])


def test_random_choices_are_the_baseline() -> None:
    people, chosen, offered = choosing([[0.25] * 4] * 300, choices=8)
    found = monoculture.compare(people, chosen, offered, np.array([[0.05, 0.05]]), seed=1)
    assert found
    assert found.beyond.low < found.beyond.at_random < found.beyond.high
    assert found.in_quadrant.at_random == pytest.approx(found.in_quadrant.share, abs=0.08)
    assert found.spread_of_models is None


def test_noise_of_single_choices_is_no_difference_between_people() -> None:
    alike = monoculture.variance_net_of_noise(*choosing([[0.25] * 4] * 2000, choices=5)[:2])
    assert alike is not None
    assert alike == pytest.approx([0, 0], abs=0.012)
    plain = monoculture.standing(*choosing([[0.25] * 4] * 2000, choices=5)[:2]).positions.var(axis=0)
    assert np.all(plain > 0.08)


def test_real_differences_are_found_whatever_the_number_of_choices() -> None:
    shares = [[0.5, 0, 0.25, 0.25], [0, 0.5, 0.25, 0.25]] * 400
    for choices in (3, 30):
        found = monoculture.variance_net_of_noise(*choosing(shares, choices=choices)[:2])
        assert found is not None
        # Half stand at -0.5 and half at 0.5 on the first axis, all at 0 on the second.
        assert found == pytest.approx([0.25, 0], abs=0.025)
    assert monoculture.variance_net_of_noise(np.array([1, 2, 2]), POLES[[0, 1, 2]]) is None


def test_too_few_people_or_no_model_is_not_reported() -> None:
    people, chosen, offered = choosing([[0.25] * 4] * 9)
    assert monoculture.compare(people, chosen, offered, np.array([[0.1, 0.1]]), seed=1) is None
    assert monoculture.compare(people, chosen, offered, np.zeros((0, 2)), seed=1, fewest=5) is None
    one, again = (
        monoculture.compare(people, chosen, offered, np.ones((1, 2)) / 9, seed=1, fewest=5) for _same in (1, 2)
    )
    assert one
    assert again
    assert one.beyond == again.beyond
