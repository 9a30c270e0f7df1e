"""Samplers whose correlation is known: labels of sets as they would be drawn."""

import numpy as np

VALUES = 4


def prompts(count: int, sets: int) -> np.ndarray:
    """Return the prompt of each set, so many sets for each prompt."""
    return np.repeat(np.arange(count), sets)


def independent(of: np.ndarray, *, random: np.random.Generator, skew: float = 0.5, k: int = 4) -> np.ndarray:
    """Draw each candidate by itself, each prompt with values and frequencies of its own."""
    shares = random.dirichlet([skew] * VALUES, of.max() + 1)
    return np.array([random.choice(VALUES, k, p=shares[prompt]) for prompt in of])


def all_different(of: np.ndarray, *, random: np.random.Generator) -> np.ndarray:
    """Draw sets in which every candidate speaks for another value."""
    return np.array([random.permutation(VALUES) for _prompt in of])


def mixed(of: np.ndarray, *, share: float, random: np.random.Generator, skew: float = 0.5) -> np.ndarray:
    """Draw so many of the sets all different, and the others independently."""
    apart = random.random(len(of)) < share
    return np.where(apart[:, None], all_different(of, random=random), independent(of, random=random, skew=skew))


def misread(labels: np.ndarray, *, right: float, random: np.random.Generator) -> np.ndarray:
    """Return labels as a judge gives them who is right so often, and else names one of the other values."""
    wrong = random.random(labels.shape) > right
    return np.where(wrong, (labels + random.integers(1, VALUES, labels.shape)) % VALUES, labels)
