"""What tests of sampling share: a recipe for the demo model, and sets that ask for it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone
from tenacity import wait_random

from sampling.endpoints import Endpoint
from sampling.generation import fill
from sampling.generators import calling
from sampling.generators.engine import ENGINES
from sampling.intake import define_recipe
from sampling.models import CandidateSet, Recipe, Spending
from sampling.recipe_document import RecipeDocument
from tests.concurrency import at_once

DEMO_MODEL = "examples/demo_model/weights"

QUESTIONS = {
    "en": "How should I spend my first free weekend in months?",
    "fr": "Comment parler d'argent avec mes parents ?",
    "it": "Come posso dormire meglio la notte?",
    "hi": "मुझे अपने माता-पिता से पैसों के बारे में कैसे बात करनी चाहिए?",
    "pt": "Como posso economizar dinheiro todo mês?",
    "ar": "كيف أتحدث مع والديّ عن المال؟",
}


def document(**changes: Any) -> RecipeDocument:
    """Return a recipe for the demo model."""
    fields: dict[str, Any] = {
        "method": "negatively-correlated",
        "generator": {"name": "huggingface", "model": DEMO_MODEL},
        "decoding": {"max_new_tokens": 640},
        "tries": 5,
    }
    return RecipeDocument.model_validate(fields | changes)


@pytest.fixture
def recipe(db: None) -> Recipe:
    return define_recipe(document())


@pytest.fixture
def make_set(recipe: Recipe) -> Callable[..., CandidateSet]:
    """Make a requested set; anything can be said otherwise."""

    def make(**fields: Any) -> CandidateSet:
        language = fields.setdefault("language", "en")
        defaults = {
            "recipe": recipe,
            "messages": [{"role": "user", "content": QUESTIONS.get(language, "?")}],
            "requested_at": timezone.now(),
        }
        return CandidateSet.objects.create(**(defaults | fields))

    return make


@pytest.fixture
def ask(
    make_set: Callable[..., CandidateSet], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., CandidateSet]]:
    """Fill a set from a server that is listed as the endpoint "lab"; anything about both can be said otherwise."""
    monkeypatch.setattr(calling, "_PAUSE", wait_random(min=0.01, max=0.02))

    def ask_(base_url: str, recipe: Any = None, of: Any = None, **endpoint: Any) -> CandidateSet:
        fields = {"name": "lab", "base_url": base_url, "addresses": ["127.0.0.1"], "timeout_seconds": 5}
        settings.ENDPOINTS = {"lab": Endpoint.model_validate(fields | endpoint)}
        generator = {"name": "openai-compatible", "endpoint": "lab", "model": "m"}
        says = document(**{"generator": generator, "tries": 1} | (recipe or {}))
        made = make_set(recipe=define_recipe(says), **(of or {}))
        assert fill(candidate_set_id=made.pk)
        made.refresh_from_db()
        return made

    yield ask_
    # What calls cost is counted in their own threads, outside of the transaction that ends with the test.
    at_once(Spending.objects.all().delete)


@pytest.fixture(scope="session", autouse=True)
def _engines_are_closed() -> Iterator[None]:
    yield
    ENGINES.close()


@pytest.fixture(autouse=True)
def _one_thread(settings: Any) -> None:
    # Tests run beside each other; two threads of torch each would wait for one another.
    settings.GENERATOR_THREADS = 1
    settings.GENERATOR_DEVICE = "cpu"
