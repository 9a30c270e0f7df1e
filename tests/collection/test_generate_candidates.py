"""manage.py generate_candidates: asks, shows how far it is, and may be ended and started again at any time."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from collection import watching, writing_ahead
from collection.models import Study
from sampling.models import CandidateSet
from sampling.recipe_document import IMPORTED
from tests.factories import CandidateSetFactory, ItemFactory, StudyFactory, make_ready

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(db):
    study = StudyFactory(slug="everyday", state=Study.State.DRAFT)
    for _ in range(3):
        ItemFactory(study=study, candidate_set=None)
    return study


@pytest.fixture
def worker(monkeypatch):
    """Write one set whenever the command waits."""
    looks = []

    def write_one(seconds):
        looks.append(seconds)
        if (waiting := CandidateSet.objects.requested().order_by("rank").first()) is not None:
            make_ready(waiting)

    monkeypatch.setattr(watching.time, "sleep", write_one)
    return looks


def generate(*arguments):
    call_command("generate_candidates", "everyday", *arguments)


def statuses():
    return sorted(CandidateSet.objects.values_list("status", flat=True))


def test_it_asks_and_watches_until_all_are_written(study, worker, capsys):
    generate()
    assert statuses() == ["ready"] * 3
    assert len(worker) == 3
    assert capsys.readouterr().out.splitlines() == ["Asked for 3 sets.", "3 ready."]


def test_it_can_leave_at_once(study, worker, capsys):
    generate("--no-wait")
    assert (statuses(), worker) == (["requested"] * 3, [])
    assert capsys.readouterr().out.splitlines() == ["Asked for 3 sets.", "0 ready, 3 waiting."]


def test_started_again_it_asks_for_nothing_twice(study, worker, capsys):
    generate("--no-wait")
    generate()
    assert statuses() == ["ready"] * 3
    assert "Asked for 0 sets." in capsys.readouterr().out


def test_after_ctrl_c_the_work_goes_on(study, monkeypatch, capsys):
    def interrupt(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(watching.time, "sleep", interrupt)
    with pytest.raises(SystemExit) as ended:
        generate()
    assert ended.value.code == 130
    assert statuses() == ["requested"] * 3
    assert "go on being written" in capsys.readouterr().out


def test_why_sets_failed_is_said_in_words_and_with_the_code_that_asks_for_them_again(study, worker, capsys):
    failed = {"failed": True, "failure": "model-not-loadable", "failure_detail": "no \x1b[31mfolder"}
    recipe = study.version.first_recipe
    ItemFactory(study=study, candidate_set=CandidateSetFactory(recipe=recipe, **failed))
    ItemFactory(study=study, candidate_set=CandidateSetFactory(recipe=recipe, failed=True, failure="too-slow"))
    generate()
    said = capsys.readouterr().out
    assert "1 failed (model-not-loadable): The model could not be loaded.\n    no  [31mfolder\n" in said
    assert "1 failed (too-slow): The model took longer than is allowed." in said
    generate("--retry", "too-slow")
    assert statuses() == ["failed"] + ["ready"] * 4
    assert "Asked for 0 sets, and again for 1." in capsys.readouterr().out
    generate("--retry", "all")
    assert statuses() == ["ready"] * 5


def test_a_reason_for_which_nothing_failed_is_refused_with_those_that_there_are(study):
    with pytest.raises(CommandError, match="No set failed for unfit; none failed at all"):
        generate("--retry", "unfit", "--no-wait")
    ItemFactory(study=study, candidate_set=CandidateSetFactory(failed=True, failure="too-slow"))
    with pytest.raises(CommandError, match="No set failed for unfit; the reasons here are too-slow"):
        generate("--retry", "unfit", "--no-wait")


def test_it_pauses_and_resumes(study, worker, capsys):
    generate("--no-wait")
    generate("--pause")
    assert "Paused" in capsys.readouterr().out
    generate()
    assert (statuses(), worker) == (["requested"] * 3, [])
    generate("--resume")
    assert statuses() == ["ready"] * 3


def test_paused_by_somebody_else_it_ends_and_says_so(study, worker, monkeypatch, capsys):
    generate("--no-wait")
    monkeypatch.setattr(
        watching.time,
        "sleep",
        lambda seconds: writing_ahead.pause(study=study, now=timezone.now()),
    )
    generate()
    assert "Paused: no more sets are begun." in capsys.readouterr().out


def test_it_says_so_when_no_worker_takes_the_sets(study, monkeypatch, capsys):
    monkeypatch.setattr(watching, "SILENT_SECONDS", -1)
    looked = []

    def wait(seconds):
        looked.append(seconds)
        if len(looked) == 2:
            writing_ahead.pause(study=study, now=timezone.now())

    monkeypatch.setattr(watching.time, "sleep", wait)
    generate()
    assert "No worker takes these sets." in capsys.readouterr().err


def test_a_study_that_there_is_not_is_said(db):
    with pytest.raises(CommandError, match="There is no study everyday"):
        generate()


def test_a_study_that_nobody_writes_for_is_refused_with_the_reason(db):
    study = StudyFactory(slug="everyday", asks={"recipes": {"first": IMPORTED.canonical()}})
    with pytest.raises(CommandError, match="ready answers, which are loaded with the prompts"):
        generate()
    study.state = Study.State.CLOSED
    study.save()
    with pytest.raises(CommandError, match="closed"):
        generate()
