"""manage.py compare_recipes: asks, shows how far it is, says what comes out, and may be ended at any time."""

import csv
import os
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from collection import recipe_comparing, watching
from collection.models import RecipeComparison, Study, Trial
from sampling.models import CandidateSet
from sampling.recipe_document import IMPORTED
from tests.factories import PromptFactory, StudyFactory, make_ready
from tests.sampling.measured_sets import labelled, measured
from tests.sampling.workers import workers

INDEPENDENT = "examples/recipes/independent.yaml"


@pytest.fixture
def study(db):
    study = StudyFactory(slug="everyday", state=Study.State.DRAFT)
    for _ in range(3):
        PromptFactory(study=study)
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


def compare(*arguments, recipes=("first", INDEPENDENT)):
    call_command("compare_recipes", "everyday", *arguments, recipes=list(recipes))


def refusal(*arguments, **recipes):
    with pytest.raises(CommandError) as refused:
        compare(*arguments, **recipes)
    assert not RecipeComparison.objects.exists()
    return str(refused.value)


# ---- asked and watched -----------------------------------------------------------------------------------------------
def test_it_asks_and_watches_until_all_are_written(study, worker, capsys):
    compare("--prompts", "2")
    assert len(worker) == 8
    assert list(RecipeComparison.objects.get().recipes.values_list("name", flat=True)) == ["first", "independent"]
    said = capsys.readouterr().out
    assert "Sets: 8 ready." in said
    assert "How far apart the answers are" not in said
    assert "What a set takes" in said


def test_it_says_so_where_there_are_fewer_prompts(study, worker, capsys):
    compare()
    assert capsys.readouterr().out.startswith("The study has 3 prompts; all of them are taken.\n")


def test_started_again_it_goes_on_and_asks_for_nothing_twice(study, worker, capsys):
    compare("--no-wait", "--prompts", "2")
    assert "Sets: 0 ready, 8 waiting." in capsys.readouterr().out
    compare("--prompts", "2")
    assert (CandidateSet.objects.count(), len(worker)) == (8, 8)
    compare("--prompts", "2")
    assert (CandidateSet.objects.count(), len(worker)) == (8, 8)
    compare("--prompts", "2", "--seed", "2", "--no-wait")
    assert RecipeComparison.objects.count() == 2


def test_after_ctrl_c_the_work_goes_on(study, monkeypatch, capsys):
    monkeypatch.setattr(watching.time, "sleep", interrupted)
    with pytest.raises(SystemExit) as ended:
        compare("--prompts", "2")
    assert ended.value.code == 130
    assert "The sets go on being written without this; start it again" in capsys.readouterr().out
    assert CandidateSet.objects.requested().count() == 8


def test_ctrl_c_while_it_asks_says_how_to_go_on(study, monkeypatch, capsys):
    monkeypatch.setattr(recipe_comparing, "request_ahead", interrupted)
    with pytest.raises(SystemExit) as ended:
        compare("--prompts", "2")
    assert ended.value.code == 130
    assert "Not everything is asked for yet; start it again to go on." in capsys.readouterr().out


def interrupted(*arguments, **named):
    raise KeyboardInterrupt


def test_what_failed_is_said_and_asked_for_again_where_no_recipe_is_to_blame(study, worker, capsys):
    compare("--no-wait", "--prompts", "2")
    away, unfit = CandidateSet.objects.all()[:2]
    CandidateSet.objects.filter(pk=unfit.pk).update(status="failed", failure="unfit")
    CandidateSet.objects.filter(pk=away.pk).update(status="failed", failure="endpoint-away")
    compare("--prompts", "2")
    said = capsys.readouterr().out
    assert "1 failed (endpoint-away): The endpoint could not be reached" in said
    assert "Ask again for what failed for no fault of a recipe with --retry." in said
    compare("--prompts", "2", "--retry")
    said = capsys.readouterr().out
    assert "Asked again for 1 sets." in said
    assert "Sets: 7 ready, 1 failed." in said
    assert "--retry" not in said


# ---- what it says ----------------------------------------------------------------------------------------------------
@pytest.fixture
def finished(study, worker):
    """All sets there, measured and labelled by two sources: the study's own recipe says everything in every set."""
    compare("--prompts", "3")
    for trial in Trial.objects.select_related("compared", "candidate_set"):
        diverse = trial.compared.name == "first"
        for candidate, text in zip(trial.candidate_set.candidates.all(), "abcd" if diverse else "aaab", strict=True):
            candidate.text = text
            candidate.save()
        measured(trial.candidate_set, mean_distance=0.9 if diverse else 0.2, relevance=0.5)
        labelled(labelled(trial.candidate_set), source="org/judge@1", b="a")


@pytest.mark.usefixtures("finished")
def test_it_says_every_figure_with_its_interval(capsys):
    capsys.readouterr()
    compare("--prompts", "3")
    said = " ".join(capsys.readouterr().out.split())
    assert "mean distance first 0.90 (0.90 to 0.90) independent 0.20 (0.20 to 0.20)" in said
    assert "correlation within sets (ρ_w) first −0.33 (−0.33 to −0.33) negatively correlated independent" in said
    assert "Of 36 texts labelled by hand this judge decided 36 and was right on 24: 67 %" in said


@pytest.mark.usefixtures("finished")
def test_only_the_labels_that_are_asked_for_are_said(capsys):
    capsys.readouterr()
    compare("--prompts", "3", "--labels", "map", "--source", "researcher")
    said = capsys.readouterr().out
    assert "labelled by hand" in said
    assert "judge" not in said


@pytest.mark.usefixtures("finished")
def test_it_writes_tables_plots_and_csv_to_a_folder(tmp_path, capsys):
    capsys.readouterr()
    compare("--prompts", "3", "--output", str(tmp_path / "out"), "--baseline", "independent")
    assert f"plots to {tmp_path / 'out'}." in capsys.readouterr().out
    files = {file.name for file in (tmp_path / "out").iterdir()}
    assert {"table.md", "figures.csv", "sets.csv", "words-mean-distance.svg"} <= files
    table = (tmp_path / "out" / "table.md").read_text()
    assert (
        "| Recipe | First tries as they came | As shown | First tries as they came, difference from independent |"
        in table
    )
    with (tmp_path / "out" / "figures.csv").open() as file:
        rows = {(row["recipe"], row["figure"], row["of"]): row for row in csv.DictReader(file)}
    assert float(rows["first", "mean_distance", "shown"]["less_baseline_value"]) == pytest.approx(0.7)


@pytest.mark.usefixtures("finished")
def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="cannot be written"):
        compare("--prompts", "3", "--output", str(tmp_path / "file"))


# ---- refused ---------------------------------------------------------------------------------------------------------
def test_a_study_that_there_is_not_is_said(db):
    assert refusal() == "There is no study everyday; make it with load_study."


@pytest.mark.usefixtures("study")
def test_recipes_that_cannot_be_compared_are_refused_with_the_reason(tmp_path):
    faulty = tmp_path / "mine.yaml"
    faulty.write_text("method: independent\ngenerator: {name: huggingface, model: m}\ntemperature: 2\n")
    assert (
        refusal(recipes=["first", str(faulty)])
        == "mine.yaml: Line 3: temperature is not known here; check the spelling"
    )
    faulty.write_bytes(b"\xff\xfe")
    assert f"{faulty} cannot be read" in refusal(recipes=["first", str(faulty)])
    assert "nowhere.yaml cannot be read" in refusal(recipes=["first", "nowhere.yaml"])
    assert refusal(recipes=["first"]) == "Name at least two recipes, and at most 12."
    assert "Two recipes are called first" in refusal(recipes=["first", "first"])
    assert refusal("--baseline", "other") == "No recipe is called other; there are first, independent."


def test_a_recipe_that_the_study_does_not_have_is_said(db):
    asks = {"recipes": {"first": IMPORTED.canonical(), "later": None}, "turns": {"minimum": 1, "maximum": 1}}
    PromptFactory(study=StudyFactory(slug="everyday", asks=asks))
    assert refusal(recipes=["later", INDEPENDENT]) == "The study has no recipe for later turns."
    assert refusal() == "first takes ready answers: nobody writes its sets."


# ---- with a real worker ----------------------------------------------------------------------------------------------
@pytest.mark.whole
@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_and_started_again_it_ends_with_every_set_once(tmp_path):
    call_command("load_study", "examples/everyday/study.yaml")
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text(
        '{"language": "en", "text": "My sister wants to borrow money again. What should I do?"}\n'
        '{"language": "en", "text": "Should I take the job in another city?"}\n'
    )
    call_command("load_prompts", "everyday", prompts)
    said = ["compare_recipes", "everyday", "--prompts", "2", "--output", str(tmp_path / "out"), "--recipes"]
    said += ["examples/recipes/negatively-correlated.yaml", INDEPENDENT]
    with workers(tmp_path, os.environ["REDIS_URL"]) as started:
        started.start_worker()
        command = started.start_program("manage.py", *said)
        started.wait_until(CandidateSet.objects.ready().exists, seconds=180)
        command.kill()
        command.wait()
        again = started.start_program("manage.py", *said)
        assert again.wait(timeout=240) == 0, started.said()[-6000:]
    assert Trial.objects.count() == CandidateSet.objects.count() == 8
    with Path(tmp_path / "out" / "sets.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert all(float(row["shown.mean_distance"]) > 0 for row in rows if row["status"] == "ready")
    assert "| negatively-correlated |" in (tmp_path / "out" / "table.md").read_text()
