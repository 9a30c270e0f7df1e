"""Coverage and faithfulness by entailment, on cases worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pluralism.entailment import coverage, faithfulness, reflected

PROBABILITIES = arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=st.floats(0, 1))


@pytest.mark.parametrize(
    ("probabilities", "threshold", "share"),
    [
        ([0.9, 0.2, 0.7, 0.1], 0.5, 0.5),
        ([0.9, 0.2, 0.7, 0.1], 0.15, 0.75),
        ([0.5], 0.5, 1.0),
        ([0.4999], 0.5, 0.0),
        # Two answers: the first covers one comment, the second another, nobody the third.
        ([[0.8, 0.1, 0.3], [0.2, 0.6, 0.4]], 0.5, 2 / 3),
    ],
)
def test_the_share_that_is_entailed(probabilities: list[float], threshold: float, share: float) -> None:
    assert coverage(np.array(probabilities), threshold=threshold) == pytest.approx(share)
    assert faithfulness(np.array(probabilities), threshold=threshold) == pytest.approx(share)


def test_a_response_reflects_each_comment_as_far_as_its_best_sentence() -> None:
    # Comments in rows, sentences in columns: (0.9 + 0.3 + 0.5) / 3
    assert reflected(np.array([[0.1, 0.9], [0.3, 0.2], [0.5, 0.5]])) == pytest.approx(1.7 / 3)


@given(probabilities=PROBABILITIES)
def test_more_answers_never_cover_less(probabilities: np.ndarray) -> None:
    whole = coverage(probabilities)
    assert 0 <= max(coverage(row) for row in probabilities) <= whole <= 1


@given(probabilities=PROBABILITIES, threshold=st.floats(0.01, 1))
def test_a_higher_threshold_never_counts_more(probabilities: np.ndarray, threshold: float) -> None:
    assert faithfulness(probabilities, threshold=threshold) <= faithfulness(probabilities, threshold=threshold / 2)


@pytest.mark.parametrize("measure", [coverage, faithfulness, reflected])
def test_the_share_of_nothing_is_refused(measure) -> None:
    with pytest.raises(ValueError, match=r"nothing|no comments"):
        measure(np.zeros((2, 0)))
