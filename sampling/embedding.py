"""Texts as vectors, so that distances between them can be computed. Knows no Django.

Without a model, a text is its character n-grams: two texts are near where they use the same words, whatever they say
with them. A model that the researcher names is run on a worker, as generators are.
"""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from pluralism.diversity import Vectors
from sampling.recipe_document import LocalModel

N_GRAMS = "character n-grams"
"""The name of the vectors that need no model."""

_SHORTEST, _LONGEST = 3, 5
_DIMENSIONS = 2**16


def vectors(texts: Sequence[str], *, embedder: LocalModel | None) -> Vectors:
    """Return one vector of length 1 for each text, shape (texts, dimensions); an empty text may give zeros.

    The same text has the same vector at any time, whatever stands beside it.

    :param embedder: None: character 3- to 5-grams inside words, 1 + ln(count) each, hashed into 65,536 dimensions.
    :raises ModelNotLoadable: if the embedder cannot be had here.
    """
    if not texts:
        return np.zeros((0, _DIMENSIONS))
    if embedder is not None:
        return _of_model(embedder).vectors(texts)
    return _n_grams(texts)


def name_of(embedder: LocalModel | None) -> str:
    """Return how figures made with these vectors are labelled: model@revision, or what stands in for one.

    :raises ModelNotLoadable: if the embedder cannot be had here.
    """
    return N_GRAMS if embedder is None else f"{embedder.model}@{_of_model(embedder).revision}"


def prepare() -> None:
    """Load what n-grams need: about a second that nobody then waits for."""
    _vectorizer()


def _n_grams(texts: Sequence[str]) -> Vectors:
    counts = _vectorizer().transform(texts)
    # A word that comes ten times says little more than one that comes twice.
    counts.data = 1 + np.log(counts.data)
    lengths = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    counts.data /= np.repeat(lengths, np.diff(counts.indptr))
    return np.asarray(counts.toarray(), dtype=float)


@cache
def _vectorizer() -> Any:
    # Imported when first needed: it takes a second and 150 MB, and most processes never measure.
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(
        analyzer="char_wb",
        ngram_range=(_SHORTEST, _LONGEST),
        n_features=_DIMENSIONS,
        alternate_sign=False,
        norm=None,
    )


def _of_model(embedder: LocalModel) -> Any:
    # Imported where a model measures: only workers have room for torch.
    return import_module("sampling.generators.embedder").embedder_of(embedder)
