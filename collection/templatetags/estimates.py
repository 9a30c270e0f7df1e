"""{{ estimate|number:2 }} and {{ estimate|interval:2 }}: estimates as people read them."""

from django import template

from collection import estimates

register = template.Library()
register.filter(estimates.number)
register.filter(estimates.interval)


@register.filter
def get(entries: dict[str, object], key: str) -> object:
    """Return the entry of a table under a key that a loop gives; None where there is none."""
    return entries.get(key)
