"""Texts that wait for labels: all of them, in random order, without how they came about, safe in a spreadsheet."""

import csv

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from collection.labelling import read_labels, write_texts
from collection.models import Study
from sampling.labelling import text_sha256
from sampling.models import Completion, Label, RawAnswer
from tests.factories import CandidateSetFactory, ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db

HOSTILE = '=HYPERLINK("http://evil.example","see")'


@pytest.fixture
def study():
    made: Study = StudyFactory()
    for _prompt in range(3):
        ItemFactory(study=made)
    return made


def written(study, path, **options):
    write_texts(study=study, path=path, scheme="map", **({"seed": 0, "most": None} | options))
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_text_is_there_once_per_set_with_its_message(study, tmp_path):
    item = study.items.first()
    completion = Completion.objects.create(
        candidate_set=item.candidate_set, number=0, purpose="set", generator="g", model="m"
    )
    shown = item.candidate_set.candidates.first().text
    for place, text in enumerate([shown, "Cut off in the"]):
        RawAnswer.objects.create(
            candidate_set=item.candidate_set, place=place, text=text, completion=completion, method="m"
        )
    rows = written(study, tmp_path / "texts.csv")
    assert len(rows) == 3 * 4 + 1
    cut = next(row for row in rows if row["text"] == "Cut off in the")
    assert cut == {
        "set": str(item.candidate_set.pk),
        "text_sha256": text_sha256("Cut off in the"),
        "language": "en",
        "message": item.prompt.text,
        "text": "Cut off in the",
        "scheme": "map",
        "value": "",
    }


def test_nothing_tells_which_method_wrote_a_text(study, tmp_path):
    sets = [int(row["set"]) for row in written(study, tmp_path / "texts.csv")]
    assert sets != sorted(sets)


def test_the_seed_draws_the_order_and_which_texts(study, tmp_path):
    one, again, other = (
        [row["text"] for row in written(study, tmp_path / "texts.csv", seed=seed, most=5)] for seed in (1, 1, 2)
    )
    assert one == again
    assert one != other
    assert len(one) == 5


def test_what_is_labelled_already_is_left_out_for_its_scheme(study, tmp_path):
    rows = written(study, tmp_path / "texts.csv")
    path = tmp_path / "texts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys())
        table.writeheader()
        table.writerows(row | {"value": "a" if place < 7 else ""} for place, row in enumerate(rows))
    report = read_labels(study=study, path=path, now=timezone.now())
    assert (report.added, report.blank, report.refused) == (7, 5, [])
    assert {row["text_sha256"] for row in written(study, path)} == {row["text_sha256"] for row in rows[7:]}
    assert write_texts(study=study, path=path, scheme="another", seed=0, most=None) == 12


def test_a_label_by_a_judge_leaves_a_text_waiting_for_a_hand(study, tmp_path):
    item = study.items.first()
    text = item.candidate_set.candidates.first().text
    Label.objects.create(
        candidate_set=item.candidate_set, text_sha256=text_sha256(text), scheme="map", value="a", source="m@r"
    )
    assert len(written(study, tmp_path / "texts.csv")) == 12


def test_a_hostile_text_is_no_formula_and_comes_back_as_itself(tmp_path):
    study = StudyFactory()
    one = CandidateSetFactory(texts=[HOSTILE, "\t@SUM(A1)", 'Three,\n"quoted"', "Four."])
    ItemFactory(study=study, candidate_set=one)
    path = tmp_path / "texts.csv"
    rows = written(study, path)
    assert not any(row["text"].startswith(("=", "+", "-", "@", "\t")) for row in rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys())
        table.writeheader()
        table.writerows(row | {"value": "a"} for row in rows)
    report = read_labels(study=study, path=path, now=timezone.now())
    assert (report.added, report.refused) == (4, [])
    assert Label.objects.filter(candidate_set=one, text_sha256=text_sha256(HOSTILE)).exists()


def test_the_command_says_how_many_texts_it_wrote(study, tmp_path, capsys):
    path = tmp_path / "texts.csv"
    call_command("export_texts_to_label", study.slug, path, scheme="map", texts=5)
    assert capsys.readouterr().out == f"Wrote 5 texts to {path}.\n"


def test_what_cannot_be_written_is_said_in_one_sentence(study, tmp_path):
    with pytest.raises(CommandError, match="There is no study nowhere"):
        call_command("export_texts_to_label", "nowhere", tmp_path / "texts.csv", scheme="map")
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_texts_to_label", study.slug, tmp_path / "no" / "texts.csv", scheme="map")
