"""{{ amount|money:"GBP" }}: an amount as the reader's language writes it."""

from decimal import Decimal

from babel.numbers import format_currency
from django import template
from django.utils.translation import get_language

register = template.Library()

# So that amount and currency keep their order among letters that are read from right to left.
_ISOLATED = "\N{FIRST STRONG ISOLATE}{}\N{POP DIRECTIONAL ISOLATE}"


@register.filter
def money(amount: Decimal | float | None, currency: str) -> str:
    """Return an amount with its currency; a dash where there is none."""
    if amount is None:
        return "–"
    said = format_currency(amount, currency, locale=get_language() or "en", numbering_system="latn")
    return _ISOLATED.format(said) if get_language() == "ar" else said
