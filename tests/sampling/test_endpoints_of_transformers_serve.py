"""An endpoint that was not written for the tests: `transformers serve` with the demo model."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.conf import settings

from sampling.models import CandidateSet
from tests.config.programs import free_port
from tests.sampling.conftest import DEMO_MODEL

pytestmark = pytest.mark.django_db

Ask = Callable[..., CandidateSet]

MODEL = str(settings.BASE_DIR / DEMO_MODEL)
# As `transformers serve` does. The command line of transformers 5.17 imports more than the package requires.
SERVE = """
import sys
from transformers.cli.serve import Serve
Serve(sys.argv[1], port=int(sys.argv[2]), host="127.0.0.1", device="cpu")
"""
RECIPE: dict[str, Any] = {
    "generator": {"name": "openai-compatible", "endpoint": "lab", "model": MODEL},
    "tries": 5,
}


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the demo model on a port of its own."""
    port = free_port()
    log = tmp_path_factory.mktemp("serve") / "log"
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, MODEL, str(port)], env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + 120
        while not answers(f"http://127.0.0.1:{port}/health"):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    with suppress(urllib.error.URLError), urllib.request.urlopen(url, timeout=5):
        return True
    return False


@pytest.mark.parametrize("language", ["en", "hi", "ar"])
def test_a_set_is_written(ask: Ask, base_url: str, language: str) -> None:
    candidate_set = ask(base_url, RECIPE, timeout_seconds=60, of={"language": language})
    assert candidate_set.status == "ready"
    assert candidate_set.candidates.count() == 4
    used = candidate_set.candidates.all()[0].completion
    assert used is not None
    assert (used.model, used.revision, used.stop_reason) == (MODEL, "main", "stop")
    assert (used.prompt_tokens or 0) > 10
    assert (used.new_tokens or 0) > 50


def test_answers_are_written_side_by_side(ask: Ask, base_url: str) -> None:
    candidate_set = ask(base_url, RECIPE | {"method": "independent", "alike": "allow"}, timeout_seconds=60)
    assert candidate_set.status == "ready"
    assert candidate_set.completions.count() >= 4


def test_what_it_ignores_changes_nothing(ask: Ask, base_url: str) -> None:
    # It takes n and response_format without a word, and gives one plain text.
    offers = {"n": True, "json_schema": True, "seed": True}
    assert ask(base_url, RECIPE, timeout_seconds=60, offers=offers).status == "ready"
    independent = RECIPE | {"method": "independent", "alike": "allow"}
    candidate_set = ask(base_url, independent, timeout_seconds=60, offers=offers)
    assert candidate_set.status == "ready"
    assert candidate_set.completions.count() >= 4


def test_what_the_list_says_it_offers_and_it_does_not_is_told(ask: Ask, base_url: str) -> None:
    candidate_set = ask(base_url, RECIPE, timeout_seconds=60, offers={"top_k": True})
    assert candidate_set.failure == "endpoint-refused"
    assert "Unexpected fields in the request: {'top_k'}" in candidate_set.failure_detail


def test_another_model_is_refused_in_its_words(ask: Ask, base_url: str) -> None:
    other = {"name": "openai-compatible", "endpoint": "lab", "model": "org/other"}
    candidate_set = ask(base_url, RECIPE | {"generator": other}, timeout_seconds=60)
    assert candidate_set.failure == "endpoint-refused"
    assert "requested 'org/other'" in candidate_set.failure_detail


def test_a_path_it_does_not_have_is_told(ask: Ask, base_url: str) -> None:
    candidate_set = ask(f"{base_url}/elsewhere", RECIPE, timeout_seconds=60)
    assert candidate_set.failure == "endpoint-refused"
    assert candidate_set.failure_detail.startswith("lab: it answered 404")
