"""How much of the matrix a run covers: `make test` three scripts, `make test-all` every language.

Tests marked `whole` take most of a minute each, and shorter ones come close to what they show: only `make test-all`
runs them.
"""

import os
from collections.abc import Sequence
from typing import Any

WHOLE = os.environ.get("MATRIX") == "whole"
LANGUAGES = ["en", "fr", "it", "hi", "pt", "ar"] if WHOLE else ["en", "hi", "ar"]
ON_A_PHONE = LANGUAGES if WHOLE else ["en"]

# For what depends on the direction of writing and not on the script.
BOTH_DIRECTIONS = LANGUAGES if WHOLE else ["en", "ar"]


def some_of(cases: Sequence[Any], *, every: int) -> Sequence[Any]:
    """Return one in so many of these cases, which take long; in the whole matrix all of them."""
    return cases if WHOLE else cases[::every]
