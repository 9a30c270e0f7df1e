"""The demo's survey asks for the demographics of the published dataset, in the languages of its people."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from annotators.survey import Survey
from collection.configuration import StudyFile
from exports.scope import DEMOGRAPHICS

STUDY = StudyFile.model_validate(
    YAML(typ="safe", pure=True).load(Path("examples/everyday/study.yaml").read_text(encoding="utf-8"))
)
QUESTIONS = {question.key: question for question in STUDY.panel.survey}

# As released: the list of each country is its own.
ETHNICITY = {
    "us": {"White", "Black or African American", "Hispanic or Latino", "Asian", "Other"},
    "fr": {"Immigrant", "Non immigrant"},
    "it": {"Italian", "Foreign national"},
    "in": {"Indo-Aryan", "Dravidian", "Other"},
    "br": {"White", "Brown/Mixed", "Black", "Other"},
}
AGES = {"18-34", "35-45", "46-54", "55+"}


@pytest.mark.parametrize("country", ETHNICITY)
def test_every_country_has_its_own_list_of_ethnicities(country):
    column = STUDY.columns["annotator_ethnicity"]
    offered = QUESTIONS[column.question].offered({"country": country})
    assert {column.values[option.key] for option in offered} == ETHNICITY[country]


def test_nobody_is_asked_for_their_ethnicity_before_their_country_is_known():
    survey = Survey(questions=STUDY.panel.survey)
    assert "background" not in {question.key for question in survey.open_questions({}, stage="after")}
    assert "background" in {question.key for question in survey.open_questions({"country": "fr"}, stage="after")}


def test_all_published_demographics_are_asked_for():
    assert set(STUDY.columns) == set(DEMOGRAPHICS)
    assert set(STUDY.columns["annotator_age"].values.values()) == AGES
    assert {column.question for column in STUDY.columns.values()} <= set(QUESTIONS)


def test_politics_and_origin_are_sensitive_and_come_after_the_tasks():
    assert {key for key, question in QUESTIONS.items() if question.sensitive} == {"politics", "background"}
    assert all(QUESTIONS[key].asked == "after" and not QUESTIONS[key].required for key in ("politics", "background"))


def test_every_question_and_option_is_there_in_every_language_of_the_study():
    texts = [question.text for question in QUESTIONS.values()]
    texts += [option.text for question in QUESTIONS.values() for option in question.options]
    assert all(set(STUDY.languages) <= set(text) for text in texts)
