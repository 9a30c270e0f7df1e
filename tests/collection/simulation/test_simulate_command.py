"""manage.py simulate: runs against a site, prints what came of it, and says in one sentence what it cannot do."""

import json

import pytest
from django.core.management import CommandError, call_command

from collection.models import DryRun
from tests.collection.simulation.studies import study_with

pytestmark = pytest.mark.django_db(transaction=True)


def simulate(study, **options):
    call_command("simulate", study if isinstance(study, str) else study.slug, **options)


def test_it_prints_what_came_of_it_and_writes_it_as_json(live_server, capsys, tmp_path):
    study = study_with(items=4, overlap=1, quotas={"us": 1, "fr": 1})
    temper = ["drop_out=0", "skips=0"]

    simulate(study, annotators=2, seed=4, url=live_server.url, temper=temper, json=tmp_path / "said.json")

    said = capsys.readouterr().out
    assert "People: 2 (2 finished)" in said
    assert "Comparisons: 4 (" in said
    assert "Errors: 0." in said
    assert "p95 ms" in said
    assert "4 of 4 places, 4 of 4 items full" in said
    assert "country=us" in said
    assert "Saved: 4 of 4 comparisons." in said
    written = json.loads((tmp_path / "said.json").read_text())
    assert (written["comparisons"], written["saved"], written["errors"]) == (4, 4, 0)
    assert written == DryRun.objects.get().figures


def test_people_are_drawn_from_a_table(live_server, tmp_path):
    study = study_with(items=2, overlap=4)
    table = tmp_path / "population.csv"
    table.write_text("country,gender,weight\nfr,female,3\nus,male,1\n")

    simulate(study, annotators=4, url=live_server.url, population=table)

    people = [person.answers() for person in DryRun.objects.get().study.panel.annotators.all()]
    assert sorted((answers["country"], answers["gender"]) for answers in people) == [
        ("fr", "female"),
        ("fr", "female"),
        ("fr", "female"),
        ("us", "male"),
    ]


def test_an_unknown_study_is_told():
    with pytest.raises(CommandError, match="There is no study nowhere; make it with load_study"):
        simulate("nowhere")


@pytest.mark.parametrize("entry", ["drop_out", "drop_out=often", "mood=1"])
def test_a_temper_that_is_none_is_told_with_those_there_are(entry):
    with pytest.raises(CommandError, match=f"--temper takes NAME=NUMBER with one of affinity, .*, not {entry}"):
        simulate(study_with(items=1), temper=[entry])
    assert not DryRun.objects.exists()


def test_what_is_wrong_with_a_population_table_is_told_before_anything_is_copied(tmp_path):
    table = tmp_path / "population.csv"
    table.write_text("country\nmars\n")

    with pytest.raises(CommandError, match="line 2: country has no answer mars"):
        simulate(study_with(items=1), population=table)
    assert not DryRun.objects.exists()


def test_while_another_one_is_under_way_it_says_so():
    study = study_with(items=1)
    DryRun.objects.create(of=study, people=1, seed=1)

    with pytest.raises(CommandError, match="A dry run of this study is under way"):
        simulate(study)
