"""Pay as people read it: before they agree, before they start, what they have earned; and what researchers pay out."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from annotators import recruiting
from annotators.identities import Identity
from annotators.ledger import PayEntry
from annotators.models import Annotator
from annotators.templatetags.money import money
from collection import study_editing, study_file
from collection.models import Study
from tests.collection.test_pay import ONE, PAY, paid_panel, task
from tests.factories import AnnotatorFactory, InvitationFactory, StudyFactory, UserFactory
from tests.signed_in import client_of

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def researcher():
    return UserFactory()


@pytest.fixture
def study(researcher):
    panel = paid_panel({**PAY, "base": "0.50"}, screened_out={"code": "AWAY"})
    return StudyFactory(
        panel=panel, asks={"turns": ONE, "tasks_per_annotator": 1}, researchers=[researcher], state="closed"
    )


@pytest.fixture
def annotator(study):
    annotator = AnnotatorFactory(panel=study.panel)
    task(annotator, study, compared=2)
    return annotator


def words(response):
    return " ".join(response.content.decode().split())


# ---- what people read ------------------------------------------------------------------------------------------------
def test_pay_and_length_are_shown_before_anybody_agrees(client, study):
    InvitationFactory(panel=study.panel, token="let-me-in")
    page = words(client.get("/join/let-me-in/"))
    assert "£0.60 for each conversation. One takes about 4 min." in page
    assert "£0.12 for each minute that you wait" in page
    assert "£0.15 for coming, if there is no place for you." in page


def test_volunteers_read_nothing_about_pay(client):
    InvitationFactory(token="let-me-in")
    assert "paid" not in words(client.get("/join/let-me-in/"))


def test_length_and_pay_of_the_whole_are_shown_before_starting(study):
    Study.objects.update(state="open")
    page = words(client_of(AnnotatorFactory(panel=study.panel)).get("/tasks/"))
    assert "All of it takes about 8 min and pays £1.15." in page


def test_people_see_what_they_have_earned(annotator):
    page = words(client_of(annotator).get("/about-you/"))
    assert '<th scope="row">Conversations</th> <td class="number">1</td> <td class="number">£0.60</td>' in page
    assert "<strong>£0.90</strong>" in page


def test_whoever_is_screened_out_reads_what_they_are_paid(study):
    annotator = AnnotatorFactory(panel=study.panel)
    recruiting.screen_out(annotator=annotator)
    assert "For coming you are paid £0.15." in words(client_of(annotator).get("/screened-out/"))


@pytest.mark.parametrize(
    ("language", "said"), [("en", "€1.50"), ("fr", "1,50 €"), ("hi", "€1.50"), ("ar", "\u20681.50 €\u2069")]
)
def test_amounts_are_written_as_the_language_writes_them(settings, language, said):
    from django.utils import translation

    with translation.override(language):
        found = money(Decimal("1.5"), "EUR")
    plain = found.replace("\N{NO-BREAK SPACE}", " ").replace("\u200f", "").replace("\u202f", " ")
    assert plain == said


# ---- what researchers see --------------------------------------------------------------------------------------------
@pytest.fixture
def get(client, researcher, study):
    client.force_login(researcher)
    return lambda address="": client.get(f"/studies/{study.slug}/people/{address}")


def table(response):
    return list(csv.reader(io.StringIO(response.content.decode())))


def test_the_page_of_people_shows_what_is_owed(get, annotator):
    page = words(get())
    assert "£0.90" in page
    assert get().context["total"] == Decimal("0.90")
    assert "What they are owed" in words(get(f"{annotator.pseudonym}/"))


def test_amounts_name_the_person_as_the_panel_knows_them_with_their_code(get, study, annotator):
    known(annotator, "60d1f5")
    away = AnnotatorFactory(panel=study.panel)
    recruiting.screen_out(annotator=away)
    header, *rows = table(get("payouts.csv"))
    assert header == ["participant", "pseudonym", "amount", "currency", "code"]
    assert sorted(rows) == sorted(
        [["60d1f5", annotator.pseudonym, "0.90", "GBP", "C0FFEE"], ["", away.pseudonym, "0.15", "GBP", "AWAY"]]
    )


def known(annotator, participant):
    Identity.objects.create(
        annotator=annotator, panel=annotator.panel, source="prolific", participant=participant, verified=True
    )


def test_a_bonus_is_what_the_panel_does_not_pay_by_itself(get, study, annotator):
    known(annotator, "60d1f5")
    left = AnnotatorFactory(panel=study.panel)
    task(left, study, compared=1, state="abandoned", left_because="topic")
    assert sorted(table(get("bonuses.csv"))) == sorted([["60d1f5", "0.40"], [left.pseudonym, "0.60"]])


def test_an_id_that_looks_like_a_formula_stays_a_text(get, annotator):
    known(annotator, '=HYPERLINK("http://evil")')
    assert table(get("payouts.csv"))[1][0] == '\'=HYPERLINK("http://evil")'
    assert table(get("bonuses.csv"))[0][0].startswith("'=")


def test_others_get_no_table(client, study):
    client.force_login(UserFactory())
    for name in ("payouts.csv", "bonuses.csv"):
        assert client.get(f"/studies/{study.slug}/people/{name}").status_code == 404


def test_a_panel_of_volunteers_has_no_table(client, researcher):
    study = StudyFactory(researchers=[researcher])
    client.force_login(researcher)
    assert client.get(f"/studies/{study.slug}/people/payouts.csv").status_code == 404
    assert client.get(f"/studies/{study.slug}/people/").status_code == 200


def test_pay_below_the_floor_shows_while_the_study_runs(get, study, annotator):
    definition = study.panel.definition
    definition["pay"] = {**definition["pay"], "floor": {"hourly": "9", "per": "country", "of": {}}}
    study.panel.save()
    get()
    PayEntry.objects.update(seconds=600)
    page = words(get())
    assert "United States: half of the people had less than £2.70 an hour, and the floor is £9.00." in page
    assert "below the floor" in page


# ---- the file --------------------------------------------------------------------------------------------------------
def apply(text):
    return study_editing.apply(document=study_file.read(text), by=None, now=timezone.now())


def test_a_file_cannot_pay_less_than_what_was_promised(study):
    study.panel.refresh_from_db()
    text = study_file.write(study)
    Study.objects.update(state="paused")
    lower = text.replace("conversation: '0.6'", "conversation: '0.5'")
    assert lower != text
    assert apply(text.replace("conversation: '0.6'", "conversation: '0.7'")).changed == ["panel"]
    AnnotatorFactory(panel=study.panel)
    with pytest.raises(study_editing.WouldChangeAnswers, match="conversation cannot be less than what people were"):
        apply(lower)
    study.panel.refresh_from_db()
    assert study.panel.part.pay.conversation == Decimal("0.70")


def test_pay_survives_being_written_and_read(study):
    again = study_file.read(study_file.write(study)).study.panel
    assert again.pay == study.panel.part.pay


def test_a_break_of_the_person_is_not_counted_as_work(get, study):
    annotator = AnnotatorFactory(panel=study.panel, joined_at=NOW - timedelta(days=1))
    get()
    assert Annotator.objects.get(pk=annotator.pk).pay_entries.get().seconds == 15 * 60
