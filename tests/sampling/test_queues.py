"""Several models are shared among workers: a set waits on the queue of the first model that its recipe names."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from sampling import jobs
from sampling.intake import define_recipe, request_candidates
from sampling.models import CandidateSet
from sampling.queues import names, queue_of
from sampling.recipe_document import IMPORTED
from tests.sampling.conftest import DEMO_MODEL, document

OTHER = {"name": "huggingface", "model": "/srv/models/large"}


@pytest.fixture(autouse=True)
def _queues(settings: Any) -> None:
    settings.MODEL_QUEUES = {"/srv/models/large": "large"}


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sent: list[str] = []
    monkeypatch.setattr(jobs.fill_candidate_set, "apply_async", lambda **options: sent.append(options["queue"]))
    return sent


def test_a_model_that_is_not_listed_is_written_with_on_the_common_queue() -> None:
    assert queue_of(document()) == "gpu"
    assert queue_of(IMPORTED) == "gpu"
    assert names() == ["gpu", "large"]


def test_the_first_of_several_models_decides() -> None:
    demo = {"name": "huggingface", "model": DEMO_MODEL}
    assert queue_of(document(method="models", generator=None, generators=[OTHER, demo, demo, demo])) == "large"
    assert queue_of(document(method="models", generator=None, generators=[demo, OTHER, demo, demo])) == "gpu"


def test_a_set_is_queued_for_the_workers_that_have_its_model(
    db: None, queued: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    recipe = define_recipe(document(generator=OTHER))
    with django_capture_on_commit_callbacks(execute=True):
        request_candidates(messages=[], language="en", recipe=recipe, now=timezone.now())
    assert queued == ["large"]


def test_the_sweeper_sends_it_there_too(make_set: Callable[..., CandidateSet], queued: list[str]) -> None:
    make_set(recipe=define_recipe(document(generator=OTHER)))
    make_set()
    jobs.sweep()
    assert sorted(queued) == ["gpu", "large"]
