"""Fixtures that every test can ask for."""

import os
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.utils import translation
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests import chromium
from tests.matrix import WHOLE

PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only the whole matrix runs."""
    if not WHOLE:
        left_out = [item for item in items if item.get_closest_marker("whole")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("whole")]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Cut off the pages of a test before its database goes: drafts are saved a moment after somebody has typed."""
    for value in getattr(item, "funcargs", {}).values():
        context = value.context if isinstance(value, Page) else value
        if isinstance(context, BrowserContext):
            with suppress(PlaywrightError):
                context.set_offline(True)


@pytest.fixture(autouse=True)
def _in_english() -> None:
    """A page that the test before asked for in Hindi leaves its thread in Hindi."""
    translation.activate("en")


@pytest.fixture(scope="session", autouse=True)
def _static_files() -> Iterator[None]:
    """Pages name their static files by hash, as in production, and the live server lets WhiteNoise answer for them."""
    call_command("collectstatic", verbosity=0, interactive=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StaticFilesHandler, "_should_handle", lambda self, path: False)
        yield


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium, one for all tests of a file: while it runs, tests of asynchronous code could not."""
    program = chromium.find()
    if program is None:
        pytest.fail(chromium.MISSING, pytrace=False)
    # Playwright runs an event loop in this thread, and Django would take the tests' queries for a coroutine's.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=chromium.ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without a past: no cookies, nothing stored."""
    yield from _context(browser)


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """An empty page on a computer's screen; a script that throws fails the test."""
    yield from _page(context)


@pytest.fixture
def phone_page(browser: Browser) -> Iterator[Page]:
    """An empty page on a phone, in a browser of its own."""
    for context in _context(browser, **PHONE):
        yield from _page(context)


def _context(browser: Browser, **options) -> Iterator[BrowserContext]:
    context = browser.new_context(**options)
    context.set_default_timeout(15_000)
    yield context
    context.close()


def _page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield page
    assert thrown == []
