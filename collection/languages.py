"""Names of languages and the direction in which they are written. Knows no Django."""

from babel import Locale, UnknownLocaleError


def name_of(code: str, *, shown_in: str) -> str:
    """Return the name of a language in the reader's language; an unknown code names itself."""
    try:
        return Locale.parse(code).get_display_name(shown_in) or code
    except (UnknownLocaleError, ValueError):
        return code
