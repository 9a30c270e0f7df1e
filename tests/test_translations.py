"""Every text that people see is translated into every language, and stays so."""

import ast
import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.template.base import Lexer, TokenType
from django.utils.translation import gettext, override

from config import catalogues
from config.environment import ROOT

# Texts that are the same in a language as in English; the letters are the names of answers.
SAME = {
    "": {"Counterpoint", "SHA-256", "MANIFEST.json", "Markdown", "JSON Lines"},
    "fr": {
        *("Hindi", "Message", "Conversation", "Conversations", "Panel", "Version", "Invitation"),
        *("active", "Prompts", "question", "conversations", "Pages", "Invitations", "Acceptable", "Formats"),
        *"ABCDEFGH",
    },
    "it": {
        "Hindi",
        "Panel",
        "File",
        "Password",
        "tablet",
        "computer",
        ("%(number)s link", "%(number)s links"),
        *"ABCDEFGH",
    },
    "hi": set(),
    "pt": {"Hindi", "Prompts", "real", "tablet", "Links", ("%(number)s link", "%(number)s links"), *"ABCDEFGH"},
    "ar": set(),
}

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}")
MARKUP = re.compile(r"</?\w+")


@pytest.fixture(scope="module")
def asked():
    """What the sources ask to have translated, by message and context."""
    return {(message.id, message.context) for message in catalogues.extract() if message.id}


def messages(language):
    return [message for message in catalogues.read(language) if message.id]


def forms(text):
    """Return a message's forms: singular and plural, or the one there is."""
    return list(text) if isinstance(text, tuple | list) else [text]


def test_the_catalogues_are_those_of_the_site():
    assert {code for code, _name in settings.LANGUAGES} == {"en", *catalogues.LANGUAGES}


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
class TestCatalogue:
    def test_it_holds_what_the_sources_ask_for_and_nothing_else(self, language, asked):
        held = {(message.id, message.context) for message in messages(language)}
        assert (asked - held, held - asked) == (set(), set()), "make messages brings the catalogues in line"

    def test_nothing_is_empty_or_a_guess(self, language):
        assert [message.id for message in messages(language) if message.fuzzy or not all(forms(message.string))] == []

    def test_nothing_is_left_in_english(self, language):
        same = [m.id for m in messages(language) if set(forms(m.id)) & set(forms(m.string))]
        assert [text for text in same if text not in SAME[""] | SAME[language]] == []

    def test_placeholders_and_markup_are_those_of_the_source(self, language):
        assert [
            message.id for message in messages(language) if all(forms(message.string)) and not agrees(message)
        ] == []

    def test_plurals_have_all_forms_of_the_language(self, language):
        wanted = catalogues.read(language).num_plurals
        assert [m.id for m in messages(language) if m.pluralizable and len(forms(m.string)) != wanted] == []

    def test_spaces_at_the_edges_are_kept(self, language):
        """Where a text goes on after a translated piece, the space between them belongs to it."""
        assert [m.id for m in messages(language) if not m.pluralizable and edges(m.id) != edges(m.string)] == []


def agrees(message):
    source = forms(message.id)
    # The form for one (or none, or two) may say the number in words.
    *others, last = forms(message.string)
    return found(last) == found(source[-1]) and all(found(form) <= found(source[-1]) for form in others)


def found(text):
    return Counter(PLACEHOLDER.findall(text)) + Counter(MARKUP.findall(text))


def edges(text):
    return text[:1].isspace(), text[-1:].isspace()


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_the_site_speaks_the_language(language):
    """What stands in the catalogue is what pages show: it was compiled, and Django found it."""
    message = next(message for message in messages(language) if not message.pluralizable and message.string)
    with override(language):
        assert gettext(message.id) == message.string


# ---- text that is in no catalogue -----------------------------------------------------------------------------------
SHOWN_ATTRIBUTES = {"title", "alt", "placeholder", "aria-label", "aria-description", "aria-roledescription"}
LEFT_OUT = re.compile(r"(blocktranslate|blocktrans|comment)\b|(block) \w*class$")


class Texts(HTMLParser):
    """Collects what a page shows."""

    def __init__(self):
        super().__init__()
        self.shown = []
        self._within = []

    def handle_starttag(self, tag, attrs):
        if tag in {"script", "style", "code", "pre", "kbd"}:
            self._within.append(tag)
        for name, value in attrs:
            button = tag == "input" and name == "value" and dict(attrs).get("type") in {"submit", "button"}
            if (name in SHOWN_ATTRIBUTES or button) and value:
                self.shown.append(value)

    def handle_endtag(self, tag):
        if self._within[-1:] == [tag]:
            self._within.pop()

    def handle_data(self, data):
        if not self._within:
            self.shown.append(data.strip())


def unwrapped(source):
    """Return the literal text of a template that is neither in a translated block nor in one that names CSS classes."""
    kept, until = [], None
    for token in Lexer(source).tokenize():
        if until:
            until = None if token.contents.split()[:1] == [until] else until
        elif token.token_type == TokenType.BLOCK and (opened := LEFT_OUT.match(token.contents)):
            until = f"end{opened[1] or opened[2]}"
        elif token.token_type == TokenType.TEXT:
            kept.append(token.contents)
    parser = Texts()
    parser.feed("".join(kept))
    shown = [text.strip(" ·") for text in parser.shown]
    return [text for text in shown if text not in SAME[""] and any(letter.isalpha() for letter in text)]


# What is published with a release is in English, whoever asks for it.
PUBLISHED = {ROOT / "templates" / "exports" / "pluralism_report.html"}
TEMPLATES = sorted({*(ROOT / "templates").rglob("*.html")} - PUBLISHED)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_shows_no_text_of_its_own(path):
    assert unwrapped(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ("<p>{% translate 'Hello' %} {{ name }}: 3</p>", []),
        ('<img alt="A dog">', ["A dog"]),
        ('<img alt="{% translate "A dog" %}">', []),
        ("{% blocktranslate %}Hello{% endblocktranslate %} you", ["you"]),
        ("{% block page_class %}wide{% endblock %}{% block title %}Hello{% endblock %}", ["Hello"]),
        ("{% comment %}Hello{% endcomment %}<script>let x</script>", []),
        ('<input type="submit" value="Send">', ["Send"]),
        ('<input type="radio" value="none">', []),
    ],
)
def test_the_search_finds_unwrapped_text(source, expected):
    assert unwrapped(source) == expected


SHOWN_ARGUMENTS = {"label", "help_text", "empty_label", "verbose_name"}
SHOWING_CALLS = {"ValidationError", "success", "info", "warning", "error", "add_error"}


def literals(path):
    """Return the literal texts of a module that are put before people."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            shown = [keyword.value for keyword in node.keywords if keyword.arg in SHOWN_ARGUMENTS]
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            # The last argument is the text: add_error(field, text), messages.success(request, text).
            shown += node.args[-1:] if name in SHOWING_CALLS else []
            yield from (text.value for text in shown if isinstance(text, ast.Constant) and isinstance(text.value, str))


MODULES = [
    path
    for app in ("annotators", "collection", "exports", "config")
    for path in sorted((ROOT / app).rglob("*.py"))
    if not {"migrations", "management"} & set(path.parts) and ("form" in path.name or "views" in str(path))
]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_form_or_a_view_shows_no_text_of_its_own(path):
    assert [text for text in literals(path) if any(letter.isalpha() for letter in text)] == []
