"""Items that are wanted so many times in each stratum."""

from pathlib import Path

import pytest
from django.utils import timezone

from annotators.models import SurveyAnswer
from collection import assignment, places, study_editing, study_file
from collection.models import Overlap
from tests import audit
from tests.factories import AnnotatorFactory, ItemFactory, StudyFactory

pytestmark = pytest.mark.django_db

PER_COUNTRY = {"overlap": {"per": "country", "wanted": 1, "where": {"fr": {"country": ["fr"]}}}}


def study_per_country(**asks):
    return StudyFactory(asks={**PER_COUNTRY, **asks})


def laid_out(item):
    Overlap.objects.filter(item=item).delete()
    places.lay_out([item], study=item.study)
    return item


def person(study, country, language="en"):
    annotator = AnnotatorFactory(panel=study.panel, language=language)
    SurveyAnswer.objects.update_or_create(annotator=annotator, question="country", defaults={"value": country})
    return annotator


def next_task(annotator):
    return assignment.next_task(annotator=annotator, now=timezone.now())


def test_an_item_has_places_for_every_stratum():
    item = laid_out(ItemFactory(study=study_per_country()))
    assert set(item.overlaps.values_list("stratum", flat=True)) == {"us", "fr", "it", "in", "br"}


def test_where_the_study_says_so_only_those_who_speak_the_language_are_wanted():
    item = laid_out(ItemFactory(study=study_per_country(), language="fr"))
    assert set(item.overlaps.values_list("stratum", flat=True)) == {"fr"}


def test_strata_can_be_a_product_of_answers():
    study = StudyFactory(asks={"overlap": {"per": ["country", "gender"], "wanted": 2}})
    item = laid_out(ItemFactory(study=study))
    assert item.overlaps.count() == 5 * 3
    assert "us|female" in set(item.overlaps.values_list("stratum", flat=True))


def test_people_fill_the_places_of_their_own_stratum():
    item = laid_out(ItemFactory(study=study_per_country()))
    first = next_task(person(item.study, "us"))
    assert first.overlap.stratum == "us"
    with pytest.raises(assignment.NoTaskAvailable):
        next_task(person(item.study, "us"))
    assert next_task(person(item.study, "in")).overlap.stratum == "in"
    assert audit.faults() == []


def test_who_does_not_say_what_tells_strata_apart_gets_no_item():
    item = laid_out(ItemFactory(study=study_per_country()))
    with pytest.raises(assignment.NoTaskAvailable):
        next_task(person(item.study, ""))


def test_the_short_form_and_the_long_one_mean_the_same_and_have_the_same_hash():
    short, long = StudyFactory(asks={"overlap": 3}), StudyFactory(asks={"overlap": {"wanted": 3}})
    assert short.asks.overlap == long.asks.overlap
    assert short.asks.canonical()["overlap"] == long.asks.canonical()["overlap"] == 3


def document(**replacements):
    text = Path("examples/everyday/study.yaml").read_text(encoding="utf-8")
    for old, new in replacements.items():
        text = text.replace(f"{old}: 5\n", f"{old}: {new}\n")
    return study_file.read(text)


def test_strata_are_told_by_questions_that_are_asked_before_the_first_task():
    with pytest.raises(study_file.StudyFileInvalid, match="counts overlap per politics"):
        document(overlap="{per: politics, wanted: 2}")


def test_a_draft_may_tell_other_strata_apart_and_an_opened_study_may_not():
    study = study_editing.apply(document=document(), by=None, now=timezone.now()).study
    item = laid_out(ItemFactory(study=study))
    study_editing.apply(document=document(overlap="{per: country, wanted: 2}"), by=None, now=timezone.now())
    assert item.overlaps.count() == 5
    type(study).objects.update(state="open")
    with pytest.raises(study_editing.WouldChangeAnswers, match="cannot tell other strata apart"):
        study_editing.apply(document=document(overlap="4"), by=None, now=timezone.now())
    study_editing.apply(document=document(overlap="{per: country, wanted: 7}"), by=None, now=timezone.now())
    assert set(item.overlaps.values_list("wanted", flat=True)) == {7}
