"""{{ text|markdown }}: the one way in which texts with Markdown reach a page."""

from django import template
from django.utils.safestring import SafeString

from annotators.markdown import render

register = template.Library()


@register.filter
def markdown(text: str, first_heading: int = 4) -> SafeString:
    """Return the text as harmless HTML; its headings begin at the given level."""
    # Safe, as `render` cleans what it returns.
    return SafeString(render(text, first_heading=first_heading))
