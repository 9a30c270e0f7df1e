"""The same prompts through several recipes: drawn, asked for ahead of time, held back, counted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from random import Random

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext

from collection import writing_ahead
from collection.models import ComparedRecipe, DrawnPrompt, Prompt, RecipeComparison, Study, Trial
from collection.recipe_file import Named
from collection.study_editing import why_not_listed
from collection.writing_ahead import Progress
from sampling import batches, intake
from sampling.intake import Ahead, define_recipe, request_ahead, request_all_again
from sampling.models import Batch, CandidateSet, CandidateSetQuerySet

PORTION = 500
"""Sets asked for in one transaction and held in memory at a time."""

FEWEST_SETS, MOST_SETS, MOST_RECIPES = 2, 20, 12

SAYS_SOMETHING_OF_THE_RECIPE = ("unfit", "refused", "prompt-too-long", "erased")
"""Reasons for failing that asking again would hide, as a share of sets that were fit."""


class CannotCompare(Exception):
    """These recipes cannot be compared on this study's prompts; the message says why, one reason a line."""


def start(
    *,
    study: Study,
    recipes: Sequence[Named],
    prompts: int,
    sets_per_prompt: int = FEWEST_SETS,
    seed: int,
    by: User | None,
    now: datetime,
) -> RecipeComparison:
    """Compare recipes on so many prompts of a study, drawn at random, or on all where there are fewer.

    The same once more goes on with the comparison that is there, and asks for what is missing in it; nothing is asked
    for twice, whatever stopped it before.

    :param recipes: The first is the baseline unless somebody wants another one.
    :raises CannotCompare: naming everything that stands in the way.
    """
    _check(study, recipes, prompts=prompts, sets_per_prompt=sets_per_prompt, seed=seed)
    comparison = _begun(study, recipes, prompts, sets_per_prompt=sets_per_prompt, seed=seed, by=by, now=now)
    ask_for_the_rest(comparison=comparison, now=now)
    return comparison


def _check(study: Study, recipes: Sequence[Named], **numbers: int) -> None:
    _check_is_open(study)
    spoken = Prompt.objects.filter(study=study).order_by("language").values_list("language", flat=True).distinct()
    if faults := [*_faults_of_all(recipes, **numbers), *_faults_of_each(recipes, list(spoken))]:
        raise CannotCompare("\n".join(faults))
    if not spoken:
        raise CannotCompare(gettext("The study has no prompts: load some first."))


def _check_is_open(study: Study) -> None:
    if study.state == Study.State.CLOSED:
        raise CannotCompare(gettext("The study is closed: nothing more is written for it."))


def _faults_of_all(recipes: Sequence[Named], *, prompts: int, sets_per_prompt: int, seed: int) -> Iterator[str]:
    names = [name for name, _recipe in recipes]
    if not 2 <= len(recipes) <= MOST_RECIPES:
        yield gettext("Name at least two recipes, and at most {most}.").format(most=MOST_RECIPES)
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield gettext("Two recipes are called {name}: give one of them another name.").format(name=name)
    if prompts < 1:
        yield gettext("Compare them on at least one prompt.")
    if not FEWEST_SETS <= sets_per_prompt <= MOST_SETS:
        message = gettext("Ask for {fewest} to {most} sets of each recipe for each prompt.")
        yield message.format(fewest=FEWEST_SETS, most=MOST_SETS)
    if not 0 <= seed < 2**63:
        yield gettext("A seed is a whole number from 0 on, below 2 to the power of 63.")


def _faults_of_each(recipes: Sequence[Named], languages: list[str]) -> Iterator[str]:
    for name, recipe in recipes:
        if not recipe.generates:
            yield gettext("{name} takes ready answers: nobody writes its sets.").format(name=name)
        if missing := recipe.lacks_languages(languages):
            message = gettext("{name} has voices or communities that lack a text in {languages}.")
            yield message.format(name=name, languages=", ".join(missing))
        for generator in recipe.writers():
            if generator.endpoint and (why := why_not_listed(generator)):
                yield f"{name}: {why}"


@transaction.atomic
def _begun(
    study: Study,
    recipes: Sequence[Named],
    prompts: int,
    *,
    sets_per_prompt: int,
    seed: int,
    by: User | None,
    now: datetime,
) -> RecipeComparison:
    # A double click waits here, and then finds what the first click began.
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    rows = [(name, define_recipe(recipe)) for name, recipe in recipes]
    same = {"study": study, "seed": seed, "prompts_wanted": prompts, "sets_per_prompt": sets_per_prompt}
    for earlier in RecipeComparison.objects.filter(**same).order_by("-pk"):
        if list(earlier.recipes.values_list("name", "recipe")) == [(name, row.pk) for name, row in rows]:
            return earlier
    batch = Batch.objects.create(created_at=now)
    comparison = RecipeComparison.objects.create(**same, batch=batch, asked_by=by, created_at=now)
    ComparedRecipe.objects.bulk_create(
        ComparedRecipe(comparison=comparison, place=place, name=name, recipe=row)
        for place, (name, row) in enumerate(rows)
    )
    chosen = draw(_by_language(study), wanted=prompts, seed=seed)
    DrawnPrompt.objects.bulk_create(
        (DrawnPrompt(comparison=comparison, place=place, prompt_id=pk) for place, pk in enumerate(chosen)),
        batch_size=PORTION,
    )
    return comparison


def _by_language(study: Study) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for language, pk in Prompt.objects.filter(study=study).order_by("language", "pk").values_list("language", "pk"):
        found.setdefault(language, []).append(pk)
    return found


def draw(prompts: Mapping[str, Sequence[int]], *, wanted: int, seed: int) -> list[int]:
    """Return so many prompts, or all, at random: of each language its share, whenever one stops looking.

    :param prompts: The ids of each language's prompts.
    """
    random = Random(seed)
    placed = []
    for language in sorted(prompts):
        shuffled = random.sample(list(prompts[language]), len(prompts[language]))
        # Spread evenly between 0 and 1 with a random start, the first so many of all are a fair share of each.
        start = random.random()
        placed += [((place + start) / len(shuffled), language, pk) for place, pk in enumerate(shuffled)]
    return [pk for _at, _language, pk in sorted(placed)[:wanted]]


# ---- asking ---------------------------------------------------------------------------------------------------------
def ask_for_the_rest(*, comparison: RecipeComparison, now: datetime) -> int:
    """Ask for every set of a comparison that was not asked for yet; return for how many."""
    if not _not_asked(comparison):
        return 0
    drawn = list(comparison.drawn.values_list("place", flat=True))
    of_a_prompt = comparison.recipes.count() * comparison.sets_per_prompt
    at_once = max(1, PORTION // of_a_prompt)
    return sum(
        _ask(comparison, drawn[start], drawn[start : start + at_once][-1], now)
        for start in range(0, len(drawn), at_once)
    )


@transaction.atomic
def _ask(comparison: RecipeComparison, first: int, last: int, now: datetime) -> int:
    """Ask for what is missing for the prompts at these places; return how many sets that are."""
    # Whoever asks for the same at the same moment waits here, and then finds that it was asked for.
    locked = RecipeComparison.objects.select_for_update(no_key=True).get(pk=comparison.pk)
    drawn = list(comparison.drawn.filter(place__range=(first, last)).select_related("prompt"))
    trials = list(_missing(locked, drawn))
    asks = locked.study.asks
    wanted = [
        Ahead(
            messages=[{"role": "user", "content": prompt.prompt.text}],
            language=prompt.prompt.language,
            recipe=trial.compared.recipe,
            factual=prompt.prompt.is_factual(asks),
            # All recipes answer the same prompts first, so that what is there at any time can be compared.
            rank=prompt.place,
        )
        for prompt, trial in trials
    ]
    sets = request_ahead(wanted=wanted, batch=locked.batch, now=now)
    for (_prompt, trial), candidate_set in zip(trials, sets, strict=True):
        trial.candidate_set = candidate_set
    Trial.objects.bulk_create(trial for _prompt, trial in trials)
    return len(trials)


def _missing(comparison: RecipeComparison, drawn: Iterable[DrawnPrompt]) -> Iterator[tuple[DrawnPrompt, Trial]]:
    prompts = [one.prompt_id for one in drawn]
    trials = Trial.objects.filter(compared__comparison=comparison, prompt__in=prompts)
    there = set(trials.values_list("compared", "prompt", "number"))
    recipes = list(comparison.recipes.select_related("recipe"))
    for prompt in drawn:
        for recipe in recipes:
            for number in range(comparison.sets_per_prompt):
                if (recipe.pk, prompt.prompt_id, number) not in there:
                    yield prompt, Trial(compared=recipe, prompt=prompt.prompt, number=number)


def ask_again(*, comparison: RecipeComparison, now: datetime) -> int:
    """Ask once more for sets that failed for a reason that says nothing of their recipe; return how many.

    :raises CannotCompare: if the study is closed.
    """
    _check_is_open(comparison.study)
    failed = sets_of(comparison).exclude(failure__in=SAYS_SOMETHING_OF_THE_RECIPE)
    return request_all_again(candidate_sets=failed, batch=comparison.batch, now=now)


def pause(*, comparison: RecipeComparison, now: datetime) -> None:
    """Let no more of its sets be begun, until it is resumed."""
    batches.pause(batch=comparison.batch, now=now)


def pause_all(*, study: Study, now: datetime) -> None:
    """Let no more sets be begun for any comparison of a study."""
    for comparison in RecipeComparison.objects.filter(study=study).select_related("batch"):
        pause(comparison=comparison, now=now)


def resume(*, comparison: RecipeComparison, now: datetime) -> None:
    """Let its sets be written again, and ask for those that nobody asked for yet.

    :raises CannotCompare: if the study is closed.
    """
    _check_is_open(comparison.study)
    intake.resume(batch=comparison.batch)
    ask_for_the_rest(comparison=comparison, now=now)


# ---- how far it is --------------------------------------------------------------------------------------------------
def sets_of(comparison: RecipeComparison) -> CandidateSetQuerySet:
    """Return all sets of a comparison."""
    return CandidateSet.objects.filter(trial__compared__comparison=comparison)


def progress(*, comparison: RecipeComparison, now: datetime) -> Progress:
    """Return how far the sets of a comparison are; the number of queries does not depend on how many there are."""
    paused = Batch.objects.filter(pk=comparison.batch_id).exclude(paused_at=None).exists()
    return writing_ahead.progress_of(sets_of(comparison), not_asked=_not_asked(comparison), paused=paused, now=now)


def can_ask_again(found: Progress) -> bool:
    """Whether a set failed for a reason that says nothing of its recipe."""
    return any(failure.code not in SAYS_SOMETHING_OF_THE_RECIPE for failure in found.failures)


def _not_asked(comparison: RecipeComparison) -> int:
    all_of_them = comparison.drawn.count() * comparison.recipes.count() * comparison.sets_per_prompt
    return all_of_them - Trial.objects.filter(compared__comparison=comparison).count()


def languages_of(comparison: RecipeComparison) -> dict[str, int]:
    """Return how many prompts were drawn of each language, most first."""
    counted = comparison.drawn.order_by().values_list("prompt__language").annotate(n=Count("pk"))
    return dict(counted.order_by("-n", "prompt__language"))
