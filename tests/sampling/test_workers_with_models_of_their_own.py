"""Two models, two queues, two worker processes: each writes the sets of the model that it was started for."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from config import embedded
from sampling.intake import define_recipe
from sampling.models import CandidateSet
from tests.sampling.conftest import DEMO_MODEL, document
from tests.sampling.workers import Workers, workers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def celery(tmp_path: Path) -> Iterator[Workers]:
    server = embedded.start_redis(tmp_path / "redis")
    with workers(tmp_path, f"redis+socket://{tmp_path}/redis/redis.sock") as started:
        yield started
    server.kill()
    server.wait()


@pytest.mark.whole
def test_a_worker_writes_with_the_model_of_its_queue_alone(
    make_set: Callable[..., CandidateSet],
    celery: Workers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    other = str(shutil.copytree(Path(django_settings.BASE_DIR) / DEMO_MODEL, tmp_path / "other"))
    settings.MODEL_QUEUES = {other: "other"}
    monkeypatch.setenv("MODEL_QUEUES", f"{other}=other")
    of_other = define_recipe(document(generator={"name": "huggingface", "model": other}))
    wanted = {"other": [make_set(recipe=of_other) for _ in range(2)], "gpu": [make_set() for _ in range(2)]}

    def all_ready(queue: str) -> bool:
        chosen = CandidateSet.objects.filter(pk__in=[one.pk for one in wanted[queue]])
        return set(chosen.values_list("status", flat=True)) == {"ready"}

    options = ["-P", "threads", "-c", "4", "--prefetch-multiplier", "1"]
    first = celery.start("worker", "-Q", "other,default", "-n", "other@%h", *options)
    celery.wait_until(lambda: all_ready("other"), seconds=120)
    assert {CandidateSet.objects.get(pk=one.pk).claims for one in wanted["gpu"]} == {0}

    second = celery.start("worker", "-Q", "gpu", "-n", "gpu@%h", *options)
    celery.wait_until(lambda: all_ready("gpu"), seconds=120)
    for queue, process in (("other", first), ("gpu", second)):
        wrote = {CandidateSet.objects.get(pk=one.pk).worker.split(":")[1] for one in wanted[queue]}
        assert wrote == {str(process.pid)}
