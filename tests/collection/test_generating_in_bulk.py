"""A whole study's sets, written ahead by real workers from a real terminal; whatever dies, nothing is done twice."""

import pytest

from collection.models import Item, Study
from config import embedded
from sampling.models import CandidateSet
from tests.factories import ItemFactory, StudyFactory
from tests.sampling.conftest import document
from tests.sampling.workers import assert_written_once, workers

pytestmark = pytest.mark.django_db(transaction=True)

PROMPTS = 30


@pytest.fixture
def celery(tmp_path):
    server = embedded.start_redis(tmp_path / "redis")
    with workers(tmp_path, f"redis+socket://{tmp_path}/redis/redis.sock") as started:
        yield started
    server.kill()
    server.wait()


@pytest.fixture
def study(db):
    recipe = document().canonical()
    asks = {"recipes": {"first": recipe, "later": recipe}}
    study = StudyFactory(slug="everyday", state=Study.State.DRAFT, asks=asks)
    for number in range(PROMPTS):
        ItemFactory(study=study, candidate_set=None, language=["en", "fr"][number % 2])
    return study


def some_but_not_all_are_ready():
    return 0 < CandidateSet.objects.ready().count() < PROMPTS


@pytest.mark.whole
def test_it_goes_on_after_the_command_and_the_worker_died(study, celery):
    first = celery.start_worker()
    celery.start_beat()
    command = celery.start_program("manage.py", "generate_candidates", "everyday")
    celery.wait_until(some_but_not_all_are_ready, seconds=120)
    command.kill()
    command.wait()
    celery.kill(first)
    assert some_but_not_all_are_ready()
    assert Item.objects.filter(candidate_set=None).count() == 0

    celery.start_worker()
    again = celery.start_program("manage.py", "generate_candidates", "everyday")
    celery.wait_until(lambda: again.poll() is not None, seconds=180)
    assert again.returncode == 0, celery.said()
    assert f"Asked for 0 sets.\n{PROMPTS} ready." in celery.said()
    assert CandidateSet.objects.count() == PROMPTS
    assert_written_once()
