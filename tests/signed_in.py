"""Signing an annotator in without the way in: for tests of what comes after it."""

from django.test import Client
from playwright.sync_api import BrowserContext

from annotators.access import SESSION_KEY
from annotators.models import Annotator


def client_of(annotator: Annotator) -> Client:
    """Return a client that is this person's browser."""
    client = Client()
    session = client.session
    session[SESSION_KEY] = annotator.pk
    session.save()
    return client


def let_in(context: BrowserContext, site: str, annotator: Annotator, *, language: str = "en") -> None:
    """Make a real browser this person's, its pages in this language."""
    key = client_of(annotator).session.session_key
    cookies = {"sessionid": str(key), "django_language": language}
    context.add_cookies([{"name": name, "value": value, "url": site} for name, value in cookies.items()])
