"""Completions as models write them when they should write four answers under ###, and what is in them."""

from tests.sampling import malformed_ar, malformed_en, malformed_fr, malformed_hi, malformed_it, malformed_pt
from tests.sampling.completion_cases import AR, EN, FR, HI, IT, PT, Case

ANSWERS = {"ar": AR, "en": EN, "fr": FR, "hi": HI, "it": IT, "pt": PT}

CASES: dict[str, list[Case]] = {
    "ar": malformed_ar.CASES,
    "en": malformed_en.CASES,
    "fr": malformed_fr.CASES,
    "hi": malformed_hi.CASES,
    "it": malformed_it.CASES,
    "pt": malformed_pt.CASES,
}
"""By the language of the task."""
