"""A questionnaire on values comes from a file; its items are asked like other questions, and place people on axes."""

import csv
import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from ruamel.yaml import YAML

from annotators import enrolment, valuing
from annotators.panel_file import PanelPart
from annotators.values_file import ValuesPart
from tests.factories import SURVEY, AnnotatorFactory, PanelFactory
from tests.signed_in import client_of

EXAMPLE = Path("examples/values/paraphrase.yaml")


def questionnaire(**changes):
    return {**YAML(typ="safe", pure=True).load(EXAMPLE.read_text(encoding="utf-8")), **changes}


@pytest.fixture
def panel(db):
    panel = PanelFactory(survey=SURVEY[:3])
    enrolment.load_values(panel=panel, part=ValuesPart.model_validate(questionnaire()))
    return panel


def answered(panel, **values):
    annotator = AnnotatorFactory(panel=panel)
    answers = {f"values-{key.replace('_', '-')}": value for key, value in values.items()}
    enrolment.answer(annotator=annotator, answers=answers, now=timezone.now())
    return annotator


# ---- the file --------------------------------------------------------------------------------------------------------
def test_the_example_is_translated_into_every_language_and_calls_itself_a_paraphrase():
    part = ValuesPart.model_validate(questionnaire())
    texts = [item.text for item in part.items] + [
        end for item in part.items for end in (item.steps.low, item.steps.high)
    ]
    assert all(set(text) == {"en", "fr", "it", "hi", "pt", "ar"} for text in texts)
    assert part.measure().calibration == "uncalibrated"
    assert not part.measure().on_published_map


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"wording": "official"}, "must name their source and terms"),
        ({"source": "A book", "items": [{**questionnaire()["items"][0], "loadings": None}]}, "and has none"),
        ({"items": questionnaire()["items"][:1] * 2}, "two items with the same key"),
        ({"items": [{**questionnaire()["items"][0], "mean": None}]}, "needs a mean and a deviation"),
        ({"items": []}, "at least 1"),
    ],
)
def test_a_questionnaire_that_does_not_hold_together_is_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        ValuesPart.model_validate(questionnaire(**changes))


def test_loadings_from_a_cited_source_are_calibrated_and_official_words_may_be_drawn_on_its_map():
    part = ValuesPart.model_validate(questionnaire(wording="official", source="A book, table 2", terms="CC BY"))
    assert part.measure().calibration == "calibrated"
    assert part.measure().on_published_map
    assert not ValuesPart.model_validate(questionnaire(source="A book, table 2")).measure().on_published_map


# ---- asking ----------------------------------------------------------------------------------------------------------
def test_its_items_are_asked_after_the_others_and_each_can_be_skipped(panel):
    annotator = AnnotatorFactory(panel=panel)
    asked = annotator.open_questions("after")
    assert [question.key for question in asked] == [
        f"values-{key}" for key in ("faith", "parents", "own-life", "strangers")
    ]
    assert not any(question.required for question in asked)
    enrolment.answer(annotator=annotator, answers={"values-faith": "", "values-parents": "7"}, now=timezone.now())
    with pytest.raises(enrolment.AnswerNotOffered, match="not-offered"):
        enrolment.answer(annotator=annotator, answers={"values-strangers": "8"}, now=timezone.now())


def test_sensitive_items_are_put_to_nobody_who_refused(panel):
    annotator = AnnotatorFactory(panel=panel)
    text = panel.consent_texts.get()
    enrolment.consent(annotator=annotator, text=text, to=["publication"], now=timezone.now())
    assert "values-faith" not in {question.key for question in annotator.open_questions("after")}


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "words"), [("hi", "पूरी तरह"), ("ar", "أثق تمامًا"), ("en", "Completely")])
def test_a_scale_says_its_ends_in_the_language_of_the_page(language, words):
    part = ValuesPart.model_validate(questionnaire())
    questions = [question.model_dump() | {"asked": "before"} for question in part.questions()]
    client = client_of(AnnotatorFactory(panel=PanelFactory(survey=questions), answers={}))
    client.cookies["django_language"] = language
    page = client.get(reverse("survey")).content.decode()
    assert words in page
    assert page.count('name="values-strangers"') == 8


def test_a_study_file_without_a_questionnaire_leaves_the_one_that_was_loaded(panel):
    said = {
        "slug": panel.slug,
        "name": "Again",
        "consent": {"version": "1", "texts": {"en": "You may stop at any time."}},
        "survey": SURVEY[:3],
    }
    panel = enrolment.open_panel(part=PanelPart.model_validate(said), now=timezone.now())
    assert panel.part.values is not None
    assert len(panel.survey.questions) == 7


# ---- the axes --------------------------------------------------------------------------------------------------------
def test_people_are_placed_by_what_they_answered(panel):
    pious = answered(panel, faith="7", parents="7", own_life="2", strangers="1")
    other = answered(panel, faith="1", parents="1", own_life="7", strangers="7")
    silent = answered(panel, faith="", parents="", own_life="7", strangers="")
    where = {position.pseudonym: position for position in valuing.positions_of(panel)}
    assert where[pious.pseudonym].first < 0 < where[other.pseudonym].first
    assert where[pious.pseudonym].second < 0 < where[other.pseudonym].second
    assert (where[silent.pseudonym].first, where[silent.pseudonym].answered) == (None, 1)


def test_nobody_who_withdrew_is_placed_and_refused_sensitive_answers_do_not_count(panel):
    leaving = answered(panel, faith="7", parents="7", own_life="2", strangers="1")
    enrolment.withdraw(annotator=leaving, now=timezone.now())
    changed = answered(panel, faith="7", parents="7", own_life="2", strangers="1")
    changed.consents.update(sensitive=False)
    (position,) = valuing.positions_of(panel)
    assert (position.pseudonym, position.answered) == (changed.pseudonym, 3)


# ---- the commands ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_command_loads_a_file_and_says_whether_it_is_calibrated(capsys):
    panel = PanelFactory()
    call_command("load_values", panel.slug, EXAMPLE)
    out = capsys.readouterr().out
    assert "4 items of counterpoint-paraphrase-1; 4 of them with loadings." in out
    assert "uncalibrated, and must not be drawn on the published map" in out
    panel.refresh_from_db()
    assert panel.part.values.scale == "counterpoint-paraphrase-1"


def test_the_positions_are_written_as_csv(panel, capsys):
    annotator = answered(panel, faith="7", parents="7", own_life="2", strangers="1")
    call_command("value_positions", panel.slug)
    written = capsys.readouterr()
    (row,) = csv.DictReader(io.StringIO(written.out))
    assert "first_axis: Tradition or reason" in written.err
    assert (row["annotator"], row["items_answered"]) == (annotator.pseudonym, "4")
    assert (row["scale"], row["calibration"]) == ("counterpoint-paraphrase-1", "uncalibrated")
    assert float(row["first_axis"]) < 0


def test_items_that_people_have_answered_do_not_change(panel, tmp_path):
    answered(panel, faith="7")
    other = tmp_path / "other.yaml"
    other.write_text(EXAMPLE.read_text(encoding="utf-8").replace("in your daily life", "to you"), encoding="utf-8")
    with pytest.raises(CommandError, match="People have answered values-faith"):
        call_command("load_values", panel.slug, other)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "says"), [("scale: x", "was refused"), ("{", "cannot be read"), (None, "cannot be read")]
)
def test_a_file_that_is_no_questionnaire_is_refused(tmp_path, text, says):
    panel, file = PanelFactory(), tmp_path / "values.yaml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=says):
        call_command("load_values", panel.slug, file)


@pytest.mark.django_db
def test_without_loadings_nobody_is_placed():
    with pytest.raises(CommandError, match="no questionnaire with loadings"):
        call_command("value_positions", PanelFactory().slug)
