"""What comes before and after tasks: consent, and what people say about themselves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotators import enrolment
from annotators.access import SESSION_KEY, annotator_of
from annotators.models import Annotator, Consent, ConsentText, Panel, SurveyAnswer
from annotators.panel_file import PanelPart
from tests.concurrency import Meeting, at_once
from tests.factories import AnnotatorFactory, PanelFactory


def answer(annotator, **answers):
    enrolment.answer(annotator=annotator, answers=answers, now=timezone.now())


def refused(annotator, **answers):
    with pytest.raises(enrolment.AnswerNotOffered) as caught:
        answer(annotator, **answers)
    return caught.value.question, caught.value.reason


@pytest.fixture
def annotator(db):
    """Somebody who has consented and said nothing about themselves yet."""
    return AnnotatorFactory(answers={})


# ---- panels ----------------------------------------------------------------------------------------------------------
def part(**changes):
    texts = {"en": "You may stop at any time.", "fr": "Vous pouvez arrêter à tout moment."}
    return PanelPart.model_validate(
        {"slug": "five", "name": "Five countries", "consent": {"version": "1", "texts": texts}, **changes}
    )


@pytest.mark.django_db
def test_a_panel_is_opened_as_its_file_says_and_opening_it_again_changes_nothing():
    panel = enrolment.open_panel(part=part(wave=2), now=timezone.now())
    before = list(Panel.objects.values()), list(ConsentText.objects.values())

    assert enrolment.open_panel(part=part(wave=2), now=timezone.now()) == panel
    assert (panel.name, panel.wave) == ("Five countries", 2)
    assert (list(Panel.objects.values()), list(ConsentText.objects.values())) == before
    assert ConsentText.objects.count() == 2


@pytest.mark.django_db
def test_a_published_consent_text_keeps_its_words():
    enrolment.open_panel(part=part(), now=timezone.now())
    texts = {"en": "You may never stop."}

    with pytest.raises(enrolment.ConsentTextChanged):
        enrolment.open_panel(part=part(name="Six", consent={"version": "1", "texts": texts}), now=timezone.now())
    assert Panel.objects.get().name == "Five countries"


@pytest.mark.django_db
def test_the_consent_text_comes_in_the_persons_language_or_english_or_any():
    panel = enrolment.open_panel(part=part(), now=timezone.now())

    def language(wanted):
        return enrolment.current_consent_text(panel=panel, language=wanted).language

    assert (language("fr"), language("hi")) == ("fr", "en")
    ConsentText.objects.filter(language="en").delete()
    assert language("hi") == "fr"


# ---- consent ---------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_new_version_of_the_consent_text_asks_again():
    annotator = AnnotatorFactory()
    assert enrolment.needs(annotator) is None
    later = timezone.now() + timedelta(days=1)
    text = ConsentText.objects.create(
        panel=annotator.panel, version="2", language="en", text="We also keep timings.", published_at=later
    )

    assert enrolment.needs(annotator) == "consent"
    enrolment.consent(annotator=annotator, text=text, to=[], now=later)
    enrolment.consent(annotator=annotator, text=text, to=[], now=later)

    assert enrolment.needs(annotator) is None
    assert list(annotator.consents.order_by("pk").values_list("text__version", flat=True)) == ["1", "2"]


@pytest.mark.django_db
def test_a_version_accepted_in_one_language_is_accepted():
    annotator = AnnotatorFactory(language="fr")
    ConsentText.objects.create(panel=annotator.panel, version="1", language="fr", text="Vous pouvez arrêter.")

    assert enrolment.needs(annotator) is None


@pytest.mark.django_db(transaction=True)
def test_agreeing_and_withdrawing_at_the_same_moment_leaves_no_consent_standing(monkeypatch):
    annotator = AnnotatorFactory(consented=False)
    text = annotator.panel.consent_texts.get()
    now = timezone.now()
    # Between its look at the person's standing and its writing, and in the middle of the withdrawal.
    Meeting(monkeypatch).before(Consent.objects, "create").before(Annotator, "save")

    at_once(
        lambda: enrolment.consent(annotator=annotator, text=text, to=[], now=now),
        lambda: enrolment.withdraw(annotator=annotator, now=now),
    )

    assert not Annotator.objects.consenting().exists()


# ---- survey ----------------------------------------------------------------------------------------------------------
def test_questions_stand_before_the_tasks_and_after_them(annotator):
    assert enrolment.needs(annotator) == "survey"

    answer(annotator, country="fr", age="18-34", gender="")

    assert enrolment.needs(annotator) is None
    assert enrolment.needs_after(annotator) == "survey"
    answer(annotator, ethnicity="immigrant", children="2", work="baker")
    assert enrolment.needs_after(annotator) is None


def test_what_is_offered_depends_on_earlier_answers_also_of_the_same_page(annotator):
    assert refused(annotator, country="it", ethnicity="immigrant") == ("ethnicity", "not-offered")

    answer(annotator, ethnicity="immigrant", country="fr")

    assert annotator.answers() == {"country": "fr", "ethnicity": "immigrant"}


def test_whoever_prefers_not_to_say_need_not_except_where_the_answer_is_required(annotator):
    assert refused(annotator, country="") == ("country", "required")

    answer(annotator, age="")

    assert annotator.answers() == {"age": ""}


def test_only_what_is_asked_can_be_answered(annotator):
    assert refused(annotator, income="much") == ("income", "unknown-question")
    assert refused(annotator, age="17") == ("age", "not-offered")
    assert refused(annotator, children="two") == ("children", "not-a-number")
    assert refused(annotator, children="-1") == ("children", "not-a-number")
    assert refused(annotator, work="x" * 501) == ("work", "too-long")
    assert annotator.answers() == {}


def test_one_answer_that_is_refused_refuses_the_page(annotator):
    refused(annotator, country="fr", age="17")

    assert annotator.answers() == {}


def test_numbers_in_other_scripts_are_numbers(annotator):
    answer(annotator, children="१२")

    assert annotator.answers() == {"children": "12"}


def test_text_is_kept_without_what_cannot_be_stored(annotator):
    answer(annotator, work=" a\0\ud800baker ")

    assert annotator.answers() == {"work": "abaker"}


def test_the_same_answer_again_changes_nothing_and_another_is_refused(annotator):
    answer(annotator, age="18-34")
    before = list(SurveyAnswer.objects.values())

    answer(annotator, age="18-34")

    assert refused(annotator, age="55+") == ("age", "already-answered")
    assert list(SurveyAnswer.objects.values()) == before


@pytest.mark.django_db(transaction=True)
def test_a_double_click_answers_once(monkeypatch):
    annotator = AnnotatorFactory(answers={})
    Meeting(monkeypatch).before(enrolment, "_keep")

    results = at_once(*[lambda: answer(annotator, country="fr", age="18-34")] * 2)

    assert results == [None, None]
    assert annotator.answers() == {"country": "fr", "age": "18-34"}


# ---- leaving ---------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_withdrawing_ends_consent_and_forgets_the_answers(rf):
    annotator = AnnotatorFactory()
    now = timezone.now()

    enrolment.withdraw(annotator=annotator, now=now)
    enrolment.withdraw(annotator=annotator, now=now + timedelta(days=1))

    assert annotator.standing == Annotator.Standing.WITHDRAWN
    assert annotator.consents.get().withdrawn_at == now
    assert annotator.answers() == {}
    request = rf.get("/")
    request.session = {SESSION_KEY: annotator.pk}
    assert annotator_of(request) is None


@pytest.mark.django_db
def test_whoever_has_withdrawn_says_nothing_more():
    annotator = AnnotatorFactory()
    text = annotator.consents.get().text
    enrolment.withdraw(annotator=annotator, now=timezone.now())

    with pytest.raises(enrolment.HasWithdrawn):
        answer(annotator, country="fr")
    with pytest.raises(enrolment.HasWithdrawn):
        enrolment.consent(annotator=annotator, text=text, to=[], now=timezone.now())


def test_no_two_panels_share_their_people(annotator):
    assert PanelFactory() != annotator.panel
    assert Annotator.objects.filter(panel=annotator.panel).get() == annotator
