"""Estimates as people read them: in the numbers of their language, with the interval in words."""

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import get_language_bidi, gettext

from pluralism.resampling import Estimate

NOTHING = "–"
_MINUS = "\N{MINUS SIGN}"
# So that the sign stays before its number among letters that are read from right to left.
_ISOLATED = "\N{LEFT-TO-RIGHT ISOLATE}{}\N{POP DIRECTIONAL ISOLATE}"
_ISOLATED_AS_IT_BEGINS = "\N{FIRST STRONG ISOLATE}{}\N{POP DIRECTIONAL ISOLATE}"


def number(value: Estimate | float | None, decimals: int) -> str:
    """Return a number, or the value of an estimate, with so many decimals; a dash where there is none."""
    found = value.value if isinstance(value, Estimate) else value
    if found is None:
        return NOTHING
    # Rounded here: Django cuts the places off that are too many.
    rounded = Decimal(f"{found:.{decimals}f}")
    said = number_format(abs(rounded), decimals, use_l10n=True, force_grouping=False)
    if rounded >= 0:
        return said
    return _ISOLATED.format(_MINUS + said) if get_language_bidi() else _MINUS + said


def interval(estimate: Estimate | None, decimals: int) -> str:
    """Return between which numbers an estimate lies; nothing where that is not known."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    low, high = number(estimate.low, decimals), number(estimate.high, decimals)
    return gettext("{low} to {high}").format(low=low, high=high)


def difference(estimate: Estimate | None, decimals: int) -> str:
    """Return by how much one value differs from another, with its sign; a dash where that is not known."""
    said = number(estimate, decimals)
    positive = estimate is not None and round(estimate.value, decimals) > 0
    if not positive:
        return said
    return _ISOLATED.format(f"+{said}") if get_language_bidi() else f"+{said}"


def isolated(text: str) -> str:
    """Return a text of somebody else so that, on a page read from the right, its signs stay in their order."""
    return _ISOLATED_AS_IT_BEGINS.format(text) if get_language_bidi() else text
