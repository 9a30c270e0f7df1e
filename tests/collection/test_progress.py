"""How far a study is."""

import pytest
from django.utils import timezone

from collection import progress, withdrawal
from tests.factories import CandidateSetFactory, ComparisonFactory, ItemFactory, StudyFactory, TaskFactory, TurnFactory

pytestmark = pytest.mark.django_db


def row(study, language="en"):
    return next(found for found in progress.of(study).languages if found.language == language)


def test_every_language_of_the_study_has_a_row_also_an_empty_one():
    study = StudyFactory()
    assert [found.language for found in progress.of(study).languages] == study.asks.languages
    assert row(study, "hi").items == 0


def test_overlap_is_counted_per_item_and_per_place():
    study = StudyFactory(asks={"overlap": 2})
    full, half = ItemFactory(study=study), ItemFactory(study=study)
    full.overlaps.update(taken=2)
    half.overlaps.update(taken=1)
    found = row(study)
    assert (found.items, found.items_reached, found.wanted, found.taken, found.share_taken) == (2, 1, 4, 3, 75)


def test_sets_are_ready_waiting_or_failed():
    study = StudyFactory()
    ItemFactory(study=study)
    ItemFactory(study=study, candidate_set=None)
    ItemFactory(study=study, candidate_set=CandidateSetFactory(requested=True))
    ItemFactory(study=study, candidate_set=CandidateSetFactory(generating=True))
    ItemFactory(study=study, candidate_set=CandidateSetFactory(failed=True))
    found = row(study)
    assert (found.sets_ready, found.sets_waiting, found.sets_failed) == (1, 3, 1)


def test_a_failure_that_people_waited_for_is_told_with_its_reason_and_how_often():
    study = StudyFactory()
    for _ in range(2):
        broken = CandidateSetFactory(failed=True, failure="model-not-loadable", failure_detail="no such folder")
        TurnFactory(task=TaskFactory(study=study, own=True), candidate_set=broken)
    ItemFactory(study=study, candidate_set=CandidateSetFactory(failed=True))
    (failure,) = progress.of(study).failures
    assert (failure.code, failure.detail, failure.sets) == ("model-not-loadable", "no such folder", 2)
    assert failure.reason == "The model could not be loaded."


def test_tasks_and_comparisons_are_counted_in_the_annotators_language():
    study = StudyFactory()
    comparison = ComparisonFactory(turn=TurnFactory(task=TaskFactory(study=study)))
    assert comparison.turn.task.study == study
    found = row(study)
    assert (found.annotators, found.tasks_open, found.comparisons, found.none_of_these) == (1, 1, 1, 0)


def test_the_number_of_queries_does_not_grow_with_the_study(django_assert_num_queries):
    study = StudyFactory()
    for _ in range(5):
        ItemFactory(study=study)
    with django_assert_num_queries(5):
        progress.of(study)


def test_all_languages_together_are_the_sum_of_each():
    study = StudyFactory(asks={"overlap": 2})
    for language in ("en", "hi"):
        ItemFactory(study=study, language=language).overlaps.update(taken=1)
    total = progress.of(study).total
    assert (total.items, total.wanted, total.taken, total.share_taken) == (2, 4, 2, 50)


def test_sets_are_drawn_one_after_the_other_up_to_the_end_of_the_bar():
    row = progress.LanguageProgress(language="en", sets_ready=1, sets_waiting=2, sets_failed=1)
    drawn = [(part.kind, part.start, part.length) for part in row.sets_drawn]
    assert drawn == [("ready", "0.00%", "25.00%"), ("waiting", "25.00%", "50.00%"), ("failed", "75.00%", "25.00%")]
    assert {part.length for part in progress.LanguageProgress(language="en").sets_drawn} == {"0.00%"}


def test_the_places_of_many_studies_take_one_query(django_assert_num_queries):
    full, empty = StudyFactory(asks={"overlap": 2}), StudyFactory()
    ItemFactory(study=full, taken=1)
    with django_assert_num_queries(1):
        assert progress.places([full, empty]) == {full.pk: (1, 2)}


def test_a_failure_whose_detail_is_made_of_codes_is_told_in_words():
    unfit = progress.Failure(code="unfit", detail="refusal, too-long", sets=1)
    assert unfit.what_else == "An answer declines to answer. An answer is longer than the recipe allows."
    assert progress.Failure(code="refused", detail="", sets=1).what_else == ""
    assert progress.Failure(code="refused", detail="", sets=1).reason.startswith("The model declined to answer")


def test_what_was_erased_is_not_counted_and_what_is_kept_is():
    study = StudyFactory()
    people = [
        ComparisonFactory(turn__task__study=study, turn__task__state="completed").turn.task.annotator for _ in "ab"
    ]
    withdrawal.withdraw(annotator=people[0], now=timezone.now())
    withdrawal.stop(annotator=people[1], now=timezone.now())
    total = progress.of(study).total
    assert (total.annotators, total.tasks_completed, total.comparisons) == (1, 1, 1)
