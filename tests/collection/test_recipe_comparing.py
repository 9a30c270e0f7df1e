"""The same prompts through several recipes: drawn at random, asked for once, held back, counted."""

from collections import Counter

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from collection import recipe_comparing, studies
from collection.models import DrawnPrompt, RecipeComparison, Study, Trial
from collection.recipe_comparing import CannotCompare, draw
from sampling.intake import define_recipe
from sampling.models import Batch, CandidateSet, Recipe
from sampling.recipe_document import IMPORTED, RecipeDocument
from tests.concurrency import Meeting, at_once
from tests.factories import GENERATED, PromptFactory, StudyFactory, UserFactory, make_ready

NOW = timezone.now()


def recipe(**parts):
    return RecipeDocument.model_validate(GENERATED | parts)


RECIPES = [("nc", recipe()), ("independent", recipe(method="independent"))]


@pytest.fixture
def study(db):
    study = StudyFactory(state=Study.State.DRAFT)
    for language in ("en", "en", "en", "hi"):
        PromptFactory(study=study, language=language)
    return study


def start(study, recipes=RECIPES, **wanted):
    return recipe_comparing.start(
        study=study, recipes=recipes, now=NOW, **({"prompts": 10, "seed": 1, "by": None} | wanted)
    )


def refusal(study, recipes=RECIPES, **wanted):
    with pytest.raises(CannotCompare) as refused:
        start(study, recipes, **wanted)
    assert not RecipeComparison.objects.exists()
    assert not CandidateSet.objects.exists()
    return str(refused.value)


# ---- asked for -------------------------------------------------------------------------------------------------------
def test_every_recipe_answers_the_same_prompts_several_times(study):
    user = UserFactory()
    comparison = start(study, prompts=2, sets_per_prompt=3, by=user)
    assert comparison.asked_by == user
    asked = Counter(Trial.objects.values_list("compared__name", "prompt"))
    assert set(asked.values()) == {3}
    prompts = {name: {prompt for found, prompt in asked if found == name} for name in ("nc", "independent")}
    assert prompts["nc"] == prompts["independent"]
    assert len(prompts["nc"]) == 2
    for trial in Trial.objects.select_related("candidate_set", "prompt", "compared"):
        one = trial.candidate_set
        assert one.messages == [{"role": "user", "content": trial.prompt.text}]
        assert (one.language, one.recipe_id) == (trial.prompt.language, trial.compared.recipe_id)


def test_nobody_waits_for_its_sets_and_all_recipes_answer_the_same_prompts_first(study):
    comparison = start(study)
    sets = CandidateSet.objects.order_by("rank")
    assert set(sets.values_list("urgent", "batch")) == {(False, comparison.batch_id)}
    assert sorted(sets.values_list("rank", flat=True)) == sorted([0, 1, 2, 3] * 4)
    assert len(set(sets.filter(rank=0).values_list("messages__0__content"))) == 1


def test_answers_to_prompts_of_fact_need_not_differ(study):
    PromptFactory(study=study, factual=True)
    start(study)
    assert CandidateSet.objects.filter(factual=True).count() == 4


def test_where_there_are_fewer_prompts_all_of_them_are_taken(study):
    comparison = start(study, prompts=200)
    assert (comparison.prompts_wanted, comparison.drawn.count()) == (200, 4)
    assert recipe_comparing.languages_of(comparison) == {"en": 3, "hi": 1}


def test_the_same_once_more_goes_on_and_asks_for_nothing_twice(study):
    first = start(study)
    assert start(study) == first
    assert CandidateSet.objects.count() == Trial.objects.count() == 16
    assert Batch.objects.count() == 1


def test_prompts_that_are_loaded_later_do_not_change_what_was_drawn(study):
    first = start(study)
    PromptFactory(study=study)
    assert start(study) == first
    assert DrawnPrompt.objects.count() == 4


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 2},
        {"prompts": 3},
        {"sets_per_prompt": 4},
        {"recipes": RECIPES[::-1]},
        {"recipes": [("other name", RECIPES[0][1]), RECIPES[1]]},
        {"recipes": [("nc", recipe(tries=5)), RECIPES[1]]},
    ],
)
def test_anything_else_is_another_comparison(study, other):
    assert start(study) != start(study, **other)


def test_what_was_asked_for_when_it_was_stopped_stays_and_the_rest_is_asked_for_later(study, monkeypatch):
    monkeypatch.setattr(recipe_comparing, "PORTION", 4)
    asked = recipe_comparing.request_ahead

    def stop_after_two_portions(**wanted):
        if CandidateSet.objects.count() == 8:
            raise KeyboardInterrupt
        return asked(**wanted)

    monkeypatch.setattr(recipe_comparing, "request_ahead", stop_after_two_portions)
    with pytest.raises(KeyboardInterrupt):
        start(study)
    comparison = RecipeComparison.objects.get()
    before = set(CandidateSet.objects.values_list("pk", flat=True))
    assert len(before) == 8
    assert recipe_comparing.progress(comparison=comparison, now=NOW).not_asked == 8
    monkeypatch.setattr(recipe_comparing, "request_ahead", asked)
    assert start(study) == comparison
    assert CandidateSet.objects.count() == 16
    assert before < set(CandidateSet.objects.values_list("pk", flat=True))
    assert set(Counter(Trial.objects.values_list("compared", "prompt")).values()) == {2}


def test_portions_are_bounded_however_many_prompts_there_are(study, monkeypatch):
    portions = []
    asked = recipe_comparing.request_ahead
    monkeypatch.setattr(recipe_comparing, "PORTION", 8)
    monkeypatch.setattr(
        recipe_comparing, "request_ahead", lambda **wanted: portions.append(len(wanted["wanted"])) or asked(**wanted)
    )
    start(study)
    assert portions == [8, 8]


@pytest.fixture
def committed_study(transactional_db):
    study = StudyFactory()
    for _ in range(3):
        PromptFactory(study=study)
    # Who makes a recipe lets others wait who make the same.
    for _name, document in RECIPES:
        define_recipe(document)
    return study


def test_a_double_click_begins_one_comparison(committed_study, monkeypatch):
    Meeting(monkeypatch).before(recipe_comparing, "draw")
    begun = at_once(*[lambda: start(committed_study)] * 2)
    assert begun == [RecipeComparison.objects.get()] * 2
    assert CandidateSet.objects.count() == 12


def test_two_who_go_on_at_once_ask_for_nothing_twice(committed_study, monkeypatch):
    monkeypatch.setattr(recipe_comparing, "request_ahead", stop)
    with pytest.raises(KeyboardInterrupt):
        start(committed_study)
    monkeypatch.undo()
    Meeting(monkeypatch).before(recipe_comparing, "request_ahead")
    comparison = RecipeComparison.objects.get()
    asked = at_once(*[lambda: recipe_comparing.ask_for_the_rest(comparison=comparison, now=NOW)] * 2)
    assert sorted(asked) == [0, 12]
    assert CandidateSet.objects.count() == 12


def stop(**wanted):
    raise KeyboardInterrupt


# ---- refused ---------------------------------------------------------------------------------------------------------
def test_what_cannot_be_compared_is_refused_with_every_reason(study):
    imported = ("ready", IMPORTED)
    assert refusal(study, RECIPES[:1]) == "Name at least two recipes, and at most 12."
    assert "at most 12" in refusal(study, [(str(number), recipe()) for number in range(13)])
    assert refusal(study, [*RECIPES, imported]) == "ready takes ready answers: nobody writes its sets."
    assert refusal(study, [RECIPES[0], RECIPES[0]]) == "Two recipes are called nc: give one of them another name."
    assert refusal(study, sets_per_prompt=1) == "Ask for 2 to 20 sets of each recipe for each prompt."
    assert refusal(study, prompts=0) == "Compare them on at least one prompt."
    assert "from 0 on" in refusal(study, seed=-1)
    assert len(refusal(study, [RECIPES[0], imported], sets_per_prompt=1, prompts=0).splitlines()) == 3
    assert not Recipe.objects.filter(document__method="imported").exists()


def test_voices_have_to_speak_the_languages_of_the_prompts(study):
    voices = [{"key": f"v{number}", "texts": {"en": "this"}} for number in range(4)]
    voiced = ("voiced", recipe(method="value-conditioned", voices=voices))
    assert refusal(study, [RECIPES[0], voiced]) == "voiced has voices or communities that lack a text in hi."


def test_endpoints_that_nobody_listed_are_refused(study):
    generator = {"name": "openai-compatible", "model": "m", "endpoint": "nowhere"}
    said = refusal(study, [RECIPES[0], ("hosted", recipe(generator=generator))])
    assert said == "hosted: nowhere is not on the administrator's list of endpoints, which has: none"


def test_a_study_without_prompts_has_nothing_to_compare_on(db):
    assert refusal(StudyFactory()) == "The study has no prompts: load some first."


def test_for_a_closed_study_nothing_is_written_any_more(study):
    comparison = start(study)
    study.state = Study.State.OPEN
    study.save()
    studies.close(study=study, now=NOW)
    assert recipe_comparing.progress(comparison=comparison, now=NOW).paused
    study.refresh_from_db()
    comparison.study = study
    for act in (recipe_comparing.resume, recipe_comparing.ask_again):
        with pytest.raises(CannotCompare, match="closed"):
            act(comparison=comparison, now=NOW)
    with pytest.raises(CannotCompare, match="closed"):
        start(study)


# ---- held back, asked again, counted ---------------------------------------------------------------------------------
def test_it_is_paused_and_goes_on(study):
    comparison = start(study)
    recipe_comparing.pause(comparison=comparison, now=NOW)
    found = recipe_comparing.progress(comparison=comparison, now=NOW)
    assert (found.paused, found.is_under_way) == (True, False)
    recipe_comparing.resume(comparison=comparison, now=NOW)
    assert recipe_comparing.progress(comparison=comparison, now=NOW).is_under_way


def test_its_sets_are_counted_with_the_reasons_for_which_they_failed(study):
    comparison = start(study)
    ready, failed, unfit = CandidateSet.objects.all()[:3]
    make_ready(ready)
    fail(failed, "endpoint-away")
    fail(unfit, "unfit")
    found = recipe_comparing.progress(comparison=comparison, now=NOW)
    assert (found.figures.ready, found.figures.waiting, found.not_asked) == (1, 13, 0)
    assert {failure.code: failure.sets for failure in found.failures} == {"endpoint-away": 1, "unfit": 1}


def test_only_what_says_nothing_of_a_recipe_is_asked_for_again(study):
    comparison = start(study)
    away, unfit = CandidateSet.objects.all()[:2]
    fail(unfit, "unfit")
    assert not recipe_comparing.can_ask_again(recipe_comparing.progress(comparison=comparison, now=NOW))
    fail(away, "endpoint-away")
    assert recipe_comparing.can_ask_again(recipe_comparing.progress(comparison=comparison, now=NOW))
    assert recipe_comparing.ask_again(comparison=comparison, now=NOW) == 1
    assert set(CandidateSet.objects.values_list("pk", "status")) >= {(away.pk, "requested"), (unfit.pk, "failed")}


def fail(candidate_set, reason):
    CandidateSet.objects.filter(pk=candidate_set.pk).update(status="failed", failure=reason, finished_at=NOW)


def test_counting_takes_as_many_queries_for_many_sets(study, django_assert_num_queries):
    comparison = start(study)
    for prompts in (2, 10):
        comparison = start(study, prompts=prompts, seed=7)
        with django_assert_num_queries(6):
            recipe_comparing.progress(comparison=comparison, now=NOW)


# ---- drawn -----------------------------------------------------------------------------------------------------------
PROMPTS = st.dictionaries(st.sampled_from(["en", "fr", "hi", "ar"]), st.integers(1, 60), min_size=1)


@given(sizes=PROMPTS, wanted=st.integers(1, 250), seed=st.integers(0, 2**62))
def test_every_language_is_drawn_by_its_share_whenever_one_stops(sizes, wanted, seed):
    prompts = {
        language: [10_000 * place + number for number in range(size)]
        for place, (language, size) in enumerate(sorted(sizes.items()))
    }
    of = {pk: language for language, pks in prompts.items() for pk in pks}
    drawn = draw(prompts, wanted=wanted, seed=seed)
    everything = sum(sizes.values())
    assert len(drawn) == len(set(drawn)) == min(wanted, everything)
    assert drawn == draw(prompts, wanted=wanted, seed=seed)
    found = Counter(of[pk] for pk in drawn)
    for language, size in sizes.items():
        # Rounding moves no language by more than one for each of them.
        assert abs(found[language] - len(drawn) * size / everything) <= len(sizes)
    assert draw(prompts, wanted=everything, seed=seed)[:wanted] == drawn


def test_another_seed_draws_other_prompts():
    prompts = {"en": list(range(1000))}
    assert draw(prompts, wanted=20, seed=1) != draw(prompts, wanted=20, seed=2)
    often = Counter(pk for seed in range(400) for pk in draw({"en": list(range(10))}, wanted=5, seed=seed))
    # Each of ten is one of five in half of all draws: 200 of 400, within four standard deviations.
    assert all(160 <= count <= 240 for count in often.values())
