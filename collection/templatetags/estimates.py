"""{{ estimate|number:2 }}, {{ estimate|interval:2 }} and {{ estimate|difference:2 }}: estimates as people read them."""

from collections.abc import Mapping

from django import template

from collection import estimates
from pluralism.resampling import Estimate

register = template.Library()
register.filter(estimates.number)
register.filter(estimates.difference)


@register.filter
def interval(found: object, decimals: int) -> str:
    """Return the interval of an estimate; nothing for a number that is none."""
    return estimates.interval(found, decimals) if isinstance(found, Estimate) else ""


@register.filter
def get(entries: Mapping[str, object], key: str) -> object:
    """Return the entry of a table under a key that a loop gives; None where there is none."""
    return entries.get(key)
