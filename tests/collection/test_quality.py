"""How turns were done, as facts: each turn beside those in its language on its kind of device, no verdicts."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotators.models import Annotator, StandingChange
from collection import jobs, quality
from collection.models import Comparison, Study, Turn
from tests.factories import (
    AnnotatorFactory,
    CandidateSetFactory,
    ComparisonFactory,
    ItemFactory,
    PromptFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now()
HINGLISH = "Mujhe lagta hai ki pehle wala jawab zyada achha hai, kyunki woh sach bolta hai."
HINDI = "मुझे पहला उत्तर ठीक लगा क्योंकि वह बड़ों की बात सुनने को कहता है और समझाता भी है।"
FRENCH = "Je préfère cette réponse parce qu’elle explique pourquoi et qu’elle ne juge personne."
ENGLISH = "I prefer this one because it explains why and because it does not judge anybody at all."


def compared(study, annotator=None, *, seconds=60, language="en", own=False, slot=0, message="", **said):
    """Have one turn compared, so many seconds after its answers were shown."""
    annotator = annotator or AnnotatorFactory(panel=study.panel, language=language)
    item = None if own else ItemFactory(study=study, language=language)
    place = {"overlap": None} if own else {}
    task = TaskFactory(study=study, annotator=annotator, item=item, state="completed", **place)
    more = {"message": message} if message else {}
    turn = TurnFactory(task=task, **more)
    Turn.objects.filter(pk=turn.pk).update(shown_at=NOW - timedelta(seconds=seconds))
    chosen = {"none": True} if slot is None else {"slot": slot}
    return ComparisonFactory(turn=turn, recorded_at=NOW, **chosen, **said)


def facts(study, comparison):
    """Return the facts of one turn, beside all of the study."""
    turns = quality.of_study(study)
    row = quality.measured(turns).filter(comparison=comparison).values_list(*quality.FIELDS, named=True).get()
    return quality.facts_of(row, quality.reference(turns))


def person(study, annotator):
    return quality.of_person(study=study, annotator=annotator)


@pytest.fixture
def study():
    return StudyFactory()


# ---- time against the length of the text -----------------------------------------------------------------------------
def test_time_is_taken_against_the_length_of_what_was_read(study):
    made = compared(study, seconds=50)
    turn = Turn.objects.get()
    read = len(turn.message) + sum(len(each.text) for each in turn.candidate_set.candidates.all())
    found = facts(study, made)
    assert found.characters_read == read
    assert found.characters_per_second == round(read / 50, 1)


def test_the_time_that_the_page_could_be_seen_counts_where_it_is_known(study):
    made = compared(study, seconds=5000, seconds_visible=25.0)
    found = facts(study, made)
    assert found.characters_per_second == round(found.characters_read / 25, 1)


def test_speed_is_a_percentile_among_the_same_language_and_device(study):
    for number in range(40):
        compared(study, seconds=30 + number, device="phone")
        compared(study, seconds=300 + number, device="computer")
    quick = compared(study, seconds=29, device="phone")
    assert facts(study, quick).pace_percentile >= 95
    assert "fast" in facts(study, quick).flags
    # Slow for a phone, and faster than all who sat at a computer.
    slow = compared(study, seconds=100, device="phone")
    assert facts(study, slow).pace_percentile < 5
    assert facts(study, slow).flags == ()


def test_among_few_turns_nobody_is_fast(study):
    for number in range(10):
        compared(study, seconds=100 + number)
    found = facts(study, compared(study, seconds=1))
    assert found.pace_percentile is None
    assert found.flags == ()


# ---- explanations ----------------------------------------------------------------------------------------------------
def test_an_explanation_that_is_copied_from_a_candidate_is_noted_with_its_share(study):
    text = "Because: they have seen hard years, and what they kept was kept for a good reason."
    found = facts(study, compared(study, explanation=text))
    assert found.explanation_copied > 0.8
    assert found.flags == ("copied",)


def test_a_very_short_explanation_is_noted_in_any_script(study):
    assert facts(study, compared(study, explanation="good")).flags == ("short-explanation",)
    assert facts(study, compared(study, explanation="अच्छा लगा", language="hi")).flags == ()
    assert facts(study, compared(study, explanation="")).flags == ()


def test_the_same_explanation_again_is_noted_with_how_often(study):
    annotator = AnnotatorFactory(panel=study.panel)
    made = [compared(study, annotator, explanation="It sounds like a friend of mine.") for _ in range(3)]
    compared(study, explanation="It sounds like a friend of mine.")
    assert {facts(study, each).explanation_times for each in made} == {3}
    assert facts(study, made[0]).flags == ("repeated",)


def test_the_same_words_of_another_person_are_no_repetition(study):
    made = [compared(study, explanation="It sounds like a friend of mine.") for _ in range(2)]
    assert facts(study, made[0]).explanation_times == 1


def test_what_was_pasted_is_a_share_and_no_flag(study):
    made = compared(study, explanation=ENGLISH, pasted_characters=len(ENGLISH) * 3)
    assert facts(study, made).explanation_pasted == 1.0
    assert facts(study, made).flags == ()
    assert facts(study, compared(study, explanation=ENGLISH)).explanation_pasted is None


def test_a_pasted_message_is_a_share_and_only_of_ones_own_words(study):
    made = compared(study, own=True, message="How do I ask my mother for money?")
    Turn.objects.filter(comparison=made).update(pasted_characters=11)
    assert facts(study, made).message_pasted == round(11 / 33, 3)
    given = compared(study)
    Turn.objects.filter(comparison=given).update(pasted_characters=11)
    assert facts(study, given).message_pasted is None


# ---- language --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("language", "text", "other"),
    [
        ("en", ENGLISH, False),
        ("fr", FRENCH, False),
        ("hi", HINDI, False),
        ("en", FRENCH, True),
        ("fr", ENGLISH, True),
        ("en", HINDI, True),
        # Hindi in Latin letters, or mixed with English, is never noted, whatever the task.
        ("hi", HINGLISH, False),
        ("en", HINGLISH, False),
        ("fr", HINGLISH, False),
        ("hi", ENGLISH, False),
        ("hi", f"Answer A is the best one, {HINDI}", False),
        ("en", "ok", False),
    ],
)
def test_a_text_in_another_language_is_noted_but_never_hindi_in_latin_letters(language, text, other):
    assert quality.is_in_other_language(text, language) is other


def test_messages_of_ones_own_are_looked_at_and_given_ones_are_not(study):
    assert facts(study, compared(study, own=True, message=FRENCH)).flags == ("other-language",)
    prompt = PromptFactory(study=study, text=FRENCH)
    task = TaskFactory(study=study, item=ItemFactory(study=study, prompt=prompt))
    assert facts(study, ComparisonFactory(turn=TurnFactory(task=task))).flags == ()


# ---- people ----------------------------------------------------------------------------------------------------------
def test_a_person_is_described_by_counts_and_shares(study):
    annotator = AnnotatorFactory(panel=study.panel)
    for slot in (1, 1, 1, 0, None):
        compared(study, annotator, slot=slot, explanation="good" if slot == 0 else ENGLISH, pasted_characters=0)
    found = person(study, annotator)
    assert (found.comparisons, found.none_of_these) == (5, 1)
    assert (found.places.most_chosen, found.places.share, found.places.longest_run) == (1, 0.75, 3)
    assert (found.explanations, found.short, found.repeated, found.copied, found.other_language) == (5, 1, 4, 0, 0)
    assert found.pasted_share == 0.0
    assert found.median_percentile is None


def test_places_are_those_on_the_persons_own_screen(study):
    """Who always takes what stands first chose slots 0 to 3, and one place."""
    annotator = AnnotatorFactory(panel=study.panel)
    for first in range(4):
        made = compared(study, annotator, slot=first)
        Turn.objects.filter(pk=made.turn_id).update(order=[first, *[slot for slot in range(4) if slot != first]])
    assert person(study, annotator).places.share == 1.0


def test_who_compared_nothing_has_no_facts(study):
    assert person(study, AnnotatorFactory(panel=study.panel)) is None


def test_practice_is_no_part_of_anything(study):
    made = compared(study)
    task = made.turn.task
    task.kind, task.overlap = "practice", None
    task.save()
    assert person(study, task.annotator) is None


def test_everybody_is_described_in_a_fixed_number_of_queries(study, django_assert_num_queries):
    people = AnnotatorFactory.create_batch(4, panel=study.panel)
    for each in people * 3:
        compared(study, each)
    turns = quality.of_study(study)
    with django_assert_num_queries(3):
        found = dict(quality.person_facts(turns, quality.reference(turns)))
    assert {pk: each.comparisons for pk, each in found.items()} == {each.pk: 3 for each in people}


# ---- the rule on speed -----------------------------------------------------------------------------------------------
def test_who_is_mostly_among_the_fastest_is_flagged_once_by_a_study_that_asks_it():
    study = StudyFactory(asks={"timing": {"flag_share": 0.8}})
    hasty, calm = AnnotatorFactory.create_batch(2, panel=study.panel)
    shared = CandidateSetFactory(k=4)
    for number in range(quality.ENOUGH_TIMED * 20):
        task = TaskFactory(study=study, annotator=calm, item=None, overlap=None, state="completed")
        turn = TurnFactory(
            task=task, message="And then?", candidate_set=shared, shown_at=NOW - timedelta(seconds=60 + number)
        )
        Comparison.objects.create(turn=turn, outcome="none", idempotency_key=turn.idempotency_key, recorded_at=NOW)
    for _each in range(quality.ENOUGH_TIMED):
        compared(study, hasty, seconds=1)
    Study.objects.update(state="paused")
    assert jobs.look_at_speed() == 0
    Study.objects.update(state="open")
    assert jobs.look_at_speed() == 1
    assert quality.flag_fast(study=study, now=NOW) == 0
    change = StandingChange.objects.get()
    assert (change.annotator, change.rule, change.numbers) == (hasty, "timing", {"fast": 20, "of": 20})
    assert set(Annotator.objects.values_list("standing", flat=True)) == {"active"}


def test_a_study_without_the_rule_flags_nobody_for_speed(study):
    compared(study, seconds=1)
    assert quality.flag_fast(study=study, now=NOW) == 0
