"""Quotas from a table: the file, the command, and the page that shows how they fill."""

import pandas as pd
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotators import enrolment, quota_file, recruiting
from annotators.models import Quota
from annotators.panel_file import PanelPart, QuotaPart
from tests.concurrency import at_once
from tests.factories import SURVEY, AnnotatorFactory, PanelFactory, StudyFactory, UserFactory

TABLE = "country,age,wanted,rule\nus,18-34,40,exactly\nus,35-45,30,at most\nfr,18-34,20,\n"


def table(folder, text, name="quotas.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# ---- the file --------------------------------------------------------------------------------------------------------
def test_every_row_is_a_stratum(tmp_path):
    parts = quota_file.read(table(tmp_path, TABLE))
    assert [(part.where, part.wanted, part.rule) for part in parts] == [
        ({"country": "us", "age": "18-34"}, 40, "exactly"),
        ({"country": "us", "age": "35-45"}, 30, "at-most"),
        ({"country": "fr", "age": "18-34"}, 20, "exactly"),
    ]


def test_an_empty_cell_leaves_its_question_out_so_that_marginal_quotas_fit_in_a_table(tmp_path):
    parts = quota_file.read(table(tmp_path, "country,gender,wanted\nus,,5\n,female,3\n,male,3\n"))
    assert [part.where for part in parts] == [{"country": "us"}, {"gender": "female"}, {"gender": "male"}]


def test_parquet_says_the_same_as_csv(tmp_path):
    rows = {"country": ["us", None], "age": ["18-34", "35-45"], "wanted": [4, 5], "children": [2.0, None]}
    pd.DataFrame(rows).to_parquet(tmp_path / "quotas.parquet")
    parts = quota_file.read(tmp_path / "quotas.parquet")
    assert [(part.where, part.wanted) for part in parts] == [
        ({"country": "us", "age": "18-34", "children": "2"}, 4),
        ({"age": "35-45"}, 5),
    ]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("country,age\nus,18-34\n", [(1, "no column named wanted")]),
        ("country,wanted\n", [(0, "no rows")]),
        ("", [(0, "cannot be read")]),
        ("country,wanted\nus,many\nfr,-1\nit,3\n", [(2, "whole number"), (3, "whole number")]),
        ("country,wanted\n,3\n", [(2, "names no stratum")]),
        ("country,wanted,rule\nus,3,about\n", [(2, "rule must be")]),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, text, faults):
    with pytest.raises(quota_file.QuotaTableInvalid) as refusal:
        quota_file.read(table(tmp_path, text))
    told = refusal.value.faults
    assert [line for line, _said, _filling in told] == [line for line, _words in faults]
    assert all(words in said for (_line, said, _filling), (_at, words) in zip(told, faults, strict=True))


@pytest.mark.parametrize(("name", "content"), [("quotas.xlsx", b"x"), ("quotas.csv", b"\xff\xfe"), ("q.parquet", b"x")])
def test_what_is_no_table_is_refused_as_a_whole(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(quota_file.QuotaTableInvalid) as refusal:
        quota_file.read(tmp_path / name)
    assert refusal.value.faults[0][0] == 0


# ---- the command -----------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_command_loads_a_table_and_loading_it_again_changes_nothing(tmp_path, capsys):
    panel = PanelFactory()
    for _time in range(2):
        call_command("load_quotas", panel.slug, table(tmp_path, TABLE))
        assert f"3 quotas of panel {panel.slug}, 90 places" in capsys.readouterr().out
    quotas = Quota.objects.filter(panel=panel)
    assert set(quotas.values_list("key", "wanted", "family")) == {
        ("age=18-34|country=us", 40, "age|country"),
        ("age=35-45|country=us", 30, "age|country"),
        ("age=18-34|country=fr", 20, "age|country"),
    }
    panel.refresh_from_db()
    assert len(panel.part.quotas) == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("country,wanted\natlantis,3\n", "has a quota for country: atlantis"),
        ("country,wanted\nus,3\nus,4\n", "has two quotas for country=us"),
        ("work,wanted\nbaker,3\n", "nobody can answer before the first task"),
        ("country,wanted\nus,many\n", "Line 2: wanted must be a whole number"),
    ],
)
def test_the_command_refuses_in_one_sentence_and_changes_nothing(tmp_path, text, words):
    panel = PanelFactory()
    with pytest.raises(CommandError, match=words):
        call_command("load_quotas", panel.slug, table(tmp_path, text))
    assert not Quota.objects.exists()
    panel.refresh_from_db()
    assert not panel.part.quotas


@pytest.mark.django_db
def test_a_table_below_the_places_taken_is_refused(tmp_path):
    panel = PanelFactory()
    recruiting.load_quotas(panel=panel, parts=[QuotaPart(where={"country": "us"}, wanted=2)])
    recruiting.admit(annotator=AnnotatorFactory(panel=panel, answers={"country": "us"}), now=timezone.now())
    with pytest.raises(CommandError, match="More people hold places in country=us"):
        call_command("load_quotas", panel.slug, table(tmp_path, "country,wanted\nus,0\n"))
    assert Quota.objects.get().wanted == 2


@pytest.mark.django_db
def test_an_unknown_panel_is_said_so(tmp_path):
    with pytest.raises(CommandError, match="There is no panel nowhere"):
        call_command("load_quotas", "nowhere", table(tmp_path, TABLE))


@pytest.mark.django_db
def test_a_study_file_without_quotas_leaves_those_of_a_table_as_they_are():
    consent = {"version": "1", "texts": {"en": "You agree."}}
    said = {"slug": "p", "name": "P", "consent": consent, "survey": SURVEY}
    panel = enrolment.open_panel(part=PanelPart.model_validate(said), now=timezone.now())
    recruiting.load_quotas(panel=panel, parts=[QuotaPart(where={"country": "us"}, wanted=2)])
    panel = enrolment.open_panel(part=PanelPart.model_validate({**said, "name": "Q"}), now=timezone.now())
    assert (Quota.objects.get().wanted, len(panel.part.quotas)) == (2, 1)
    enrolment.open_panel(part=PanelPart.model_validate({**said, "quotas": []}), now=timezone.now())
    assert not Quota.objects.exists()


# ---- the page --------------------------------------------------------------------------------------------------------
@pytest.fixture
def study(db):
    return StudyFactory(researchers=[UserFactory(username="ada")])


@pytest.fixture
def client(study):
    client = Client()
    client.force_login(study.researchers.get())
    return client


def upload(client, study, text, name="quotas.csv"):
    file = SimpleUploadedFile(name, text.encode())
    return client.post(reverse("quotas", args=[study.slug]), {"file": file})


def test_the_page_shows_how_the_quotas_fill(client, study):
    assert "There are no quotas" in client.get(reverse("quotas", args=[study.slug])).content.decode()
    assert upload(client, study, TABLE).url == reverse("quotas", args=[study.slug])
    Quota.objects.filter(key="age=18-34|country=us").update(taken=10, turned_away=7)
    page = client.get(reverse("quotas", args=[study.slug]))
    html = " ".join(page.content.decode().split())
    assert "United States, 18-34" in html
    assert "10 of 40" in html
    assert 'value="25"' in html
    assert ">7<" in html
    (family,) = page.context["families"]
    assert [filling.percent for filling in family.fillings] == [25, 0, 0]


def test_a_table_that_is_refused_changes_nothing_and_says_why(client, study):
    upload(client, study, TABLE)
    page = upload(client, study, "country,wanted\natlantis,3\n")
    assert page.status_code == 422
    assert "atlantis" in page.content.decode()
    page = upload(client, study, "country,wanted\nus,<b>\n")
    assert "Line 2: wanted must be a whole number" in page.content.decode()
    assert Quota.objects.count() == 3


def test_quotas_are_seen_by_the_researchers_of_the_study_alone(study):
    other = Client()
    assert other.get(reverse("quotas", args=[study.slug])).url.startswith(reverse("sign_in"))
    other.force_login(UserFactory())
    assert other.get(reverse("quotas", args=[study.slug])).status_code == 404
    assert upload(other, study, TABLE).status_code == 404
    assert not Quota.objects.exists()


def quota(country, age):
    return QuotaPart(where={"country": country, "age": age}, wanted=1)


@pytest.mark.django_db(transaction=True)
def test_of_two_tables_loaded_at_once_one_stands_whole():
    panel = PanelFactory()
    tables = [[quota(country, age) for age in ("18-34", "55+")] for country in ("us", "fr")]

    results = at_once(*(lambda parts=parts: recruiting.load_quotas(panel=panel, parts=parts) for parts in tables))

    assert results == [None, None]
    panel.refresh_from_db()
    said = {tuple(sorted(part.where.items())) for part in panel.part.quotas}
    assert {tuple(sorted(quota.where.items())) for quota in Quota.objects.all()} == said
    assert len(said) == 2
