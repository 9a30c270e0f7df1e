"""Consent has a box for each purpose: which were ticked is kept, can be changed, and costs nothing to refuse."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from ruamel.yaml import YAML

from annotators import enrolment
from annotators.models import Annotator, Consent, ConsentText
from annotators.panel_file import PanelPart
from annotators.purposes import PURPOSES, ticked
from collection.configuration import StudyFile
from tests.concurrency import at_once
from tests.factories import SURVEY, AnnotatorFactory, InvitationFactory, PanelFactory
from tests.signed_in import client_of

pytestmark = pytest.mark.django_db

SENSITIVE = [
    *SURVEY,
    {
        "key": "religion",
        "text": {"en": "What do you believe in?"},
        "asked": "after",
        "sensitive": True,
        "options": [{"key": "one", "text": {"en": "One god"}}, {"key": "none", "text": {"en": "None"}}],
    },
]
JOIN = "/join/let-me-in/"


@pytest.fixture
def panel():
    return PanelFactory(survey=SENSITIVE)


@pytest.fixture
def invitation(panel):
    return InvitationFactory(panel=panel, token="let-me-in")


def come_in(client, *ticks):
    text = client.get(JOIN).context["text"]
    client.post(JOIN, {"text": text.pk, "agree": "on", "adult": "on", **dict.fromkeys(ticks, "on")})
    return Annotator.objects.get()


def ticked_boxes(page):
    """Return how many boxes of a page are ticked; its menus have a choice of their own."""
    return len(re.findall(r'<input[^>]*type="checkbox"[^>]*\bchecked', page.content.decode()))


# ---- the boxes -------------------------------------------------------------------------------------------------------
def test_no_box_is_ticked_beforehand(client, invitation):
    form = client.get(JOIN).context["form"]
    assert [field.name for field in form.optional()] == list(PURPOSES)
    assert ticked_boxes(client.get(JOIN)) == 0


def test_the_licence_is_named(client, invitation):
    assert "under the licence CC-BY-4.0" in client.get(JOIN).content.decode()


@pytest.mark.parametrize("missing", ["agree", "adult"])
def test_nobody_comes_in_without_taking_part_and_being_18(client, invitation, missing):
    text = client.get(JOIN).context["text"]
    said = {"text": text.pk, "agree": "on", "adult": "on", "publication": "on"}
    del said[missing]
    assert client.post(JOIN, said).status_code == 422
    assert not Annotator.objects.exists()


@pytest.mark.parametrize("ticks", [(), ("publication",), ("sensitive", "training"), PURPOSES])
def test_what_was_ticked_is_kept_with_version_language_and_time(client, invitation, ticks):
    before = timezone.now()
    given = come_in(client, *ticks).consents.get()
    assert given.ticks == ticked(ticks)
    assert (given.text.version, given.text.language) == ("1", "en")
    assert before <= given.accepted_at <= timezone.now()


def test_a_panel_without_sensitive_questions_does_not_ask_for_them(client):
    InvitationFactory(token="let-me-in")
    assert "sensitive" not in client.get(JOIN).context["form"].fields


def test_an_unknown_purpose_is_no_purpose():
    with pytest.raises(ValueError, match="no purpose: spying"):
        ticked(["training", "spying"])


def test_controller_ethics_and_retention_stand_beside_the_text_in_its_language(client):
    consent = {
        "version": "1",
        "texts": {"en": "You may stop.", "fr": "Vous pouvez arrêter."},
        "controller": "University of X, data@x.example",
        "ethics": "IRB 2026-17",
        "retention": {"en": "Ten years.", "fr": "Dix ans."},
    }
    part = PanelPart.model_validate({"slug": "p", "name": "P", "consent": consent})
    InvitationFactory(panel=enrolment.open_panel(part=part, now=timezone.now()), language="fr", token="let-me-in")
    page = client.get(JOIN).content.decode()
    assert "IRB 2026-17" in page
    assert "data@x.example" in page
    assert "Dix ans." in page
    changed = PanelPart.model_validate({"slug": "p", "name": "P", "consent": {**consent, "ethics": "IRB 2026-18"}})
    with pytest.raises(enrolment.ConsentTextChanged):
        enrolment.open_panel(part=changed, now=timezone.now())


# ---- changing one's mind ---------------------------------------------------------------------------------------------
def test_choices_are_changed_at_any_time_and_what_was_agreed_to_before_is_kept(panel):
    annotator = AnnotatorFactory(panel=panel)
    client = client_of(annotator)
    assert ticked_boxes(client.get(reverse("your_choices"))) == len(PURPOSES)
    assert client.post(reverse("your_choices"), {"publication": "on"}).url == reverse("about_you")
    old, new = annotator.consents.order_by("pk")
    assert old.replaced_at == new.accepted_at
    assert (old.ticks, new.ticks) == (ticked(PURPOSES), ticked(["publication"]))
    assert list(Consent.objects.in_force()) == [new]


def test_a_new_version_takes_the_place_of_the_old_one_with_new_ticks():
    annotator = AnnotatorFactory()
    later = timezone.now() + timedelta(hours=1)
    ConsentText.objects.create(panel=annotator.panel, version="2", language="en", text="More.", published_at=later)
    client = client_of(annotator)
    assert client.get(reverse("tasks")).url == reverse("consent")
    text = client.get(reverse("consent")).context["text"]
    client.post(reverse("consent"), {"text": text.pk, "agree": "on", "adult": "on"})
    given = Consent.objects.in_force().get()
    assert (given.text.version, given.ticks) == ("2", ticked([]))


# ---- sensitive answers -----------------------------------------------------------------------------------------------
def test_sensitive_questions_are_put_to_who_agreed_and_to_nobody_else(panel):
    agreeing, refusing = AnnotatorFactory(panel=panel), AnnotatorFactory(panel=panel)
    text = panel.consent_texts.get()
    enrolment.consent(annotator=refusing, text=text, to=["publication"], now=timezone.now())
    assert "religion" in {question.key for question in agreeing.open_questions("after")}
    assert "religion" not in {question.key for question in refusing.open_questions("after")}
    with pytest.raises(enrolment.AnswerNotOffered) as refusal:
        enrolment.answer(annotator=refusing, answers={"religion": "one", "work": "Baker"}, now=timezone.now())
    assert (refusal.value.question, refusal.value.reason) == ("religion", "not-agreed")
    assert "work" not in refusing.answers()


def test_who_no_longer_agrees_has_them_deleted(panel):
    annotator = AnnotatorFactory(panel=panel)
    enrolment.answer(annotator=annotator, answers={"religion": "one", "work": "Baker"}, now=timezone.now())
    client_of(annotator).post(reverse("your_choices"), {"publication": "on"})
    assert "religion" not in annotator.answers()
    assert annotator.answers()["work"] == "Baker"


def test_a_sensitive_answer_that_the_link_settles_is_kept_only_of_who_agreed(client, panel):
    InvitationFactory(panel=panel, token="let-me-in", answers={"country": "us", "religion": "one"})
    assert come_in(client, "publication").answers() == {"country": "us"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"required": True}, "is sensitive, so it cannot be required"),
        ({"asked": "before"}, "has a quota for {question}, which is sensitive"),
    ],
)
def test_nobody_can_lose_their_place_by_refusing_sensitive_answers(change, says):
    survey = [{**SENSITIVE[-1], **change}]
    quotas = [{"where": {"religion": "one"}, "wanted": 3}] if "asked" in change else []
    consent = {"version": "1", "texts": {"en": "You agree."}}
    with pytest.raises(ValueError, match=says):
        PanelPart.model_validate({"slug": "p", "name": "P", "consent": consent, "survey": survey, "quotas": quotas})


@pytest.mark.django_db(transaction=True)
def test_of_two_choices_sent_at_once_one_is_in_force(panel):
    annotator = AnnotatorFactory(panel=panel)
    text = panel.consent_texts.get()

    def choose(*purposes):
        return enrolment.consent(annotator=annotator, text=text, to=purposes, now=timezone.now()).ticks

    results = at_once(lambda: choose("training"), lambda: choose("publication"), lambda: choose("training"))

    assert all(isinstance(ticks, dict) for ticks in results), results
    assert Consent.objects.in_force().get().ticks in (ticked(["training"]), ticked(["publication"]))


# ---- the study file --------------------------------------------------------------------------------------------------
def study_file_with(**changes):
    file = YAML(typ="safe", pure=True).load(Path("examples/everyday/study.yaml").read_text(encoding="utf-8"))
    return StudyFile.model_validate({**file, **changes})


def test_people_are_asked_to_agree_to_the_licence_of_the_study():
    assert study_file_with().panel.consent.licence == "CC-BY-4.0"
    with pytest.raises(ValueError, match="both must be the same"):
        study_file_with(licence="CC0-1.0")


def test_overlap_cannot_count_what_people_may_keep_to_themselves():
    file = YAML(typ="safe", pure=True).load(Path("examples/everyday/study.yaml").read_text(encoding="utf-8"))
    survey = [{**question, "sensitive": question["key"] == "gender"} for question in file["panel"]["survey"]]
    survey = [{**question, "sensitive": False} if question.get("required") else question for question in survey]
    with pytest.raises(ValueError, match="which is sensitive"):
        study_file_with(overlap={"per": "gender", "wanted": 2}, panel={**file["panel"], "survey": survey})
