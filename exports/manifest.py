"""What MANIFEST.json says about a release: what it holds, what it left out and why, and the checksum of every file."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.db.models import Count, QuerySet

from annotators.models import Annotator, Consent
from collection.models import Prompt, StudyVersion, Task, Turn
from exports import quotas, sampled
from exports.formats.table import Tally
from exports.records import SCHEMA_VERSION
from exports.scope import DEMOGRAPHICS, Scope, agreed_to, among
from exports.simulated import NOTICE, named
from sampling.models import CandidateSet, Recipe

Manifest = dict[str, Any]

NAME = "MANIFEST.json"

NOT_COMPUTED = dict.fromkeys(
    ("in_balanced_subset", "in_balanced_subset_10"),
    "false in every line: the study asks for no balanced subset",
)


def of(scope: Scope, tally: Tally, *, rows: dict[str, int], formats: Sequence[str], version: int | None) -> Manifest:
    """Return what is to be said about a release whose tables are written; its files come later."""
    study = scope.study
    return {
        "schema_version": SCHEMA_VERSION,
        "simulated": study.is_dry_run,
        **({"notice": NOTICE} if study.is_dry_run else {}),
        "study": {"slug": study.slug, "title": scope.asks.title, "contact": scope.asks.contact},
        "release": version,
        "formats": list(formats),
        "snapshot_at": scope.snapshot_at.isoformat(),
        "licence": scope.asks.licence,
        "languages": sorted(tally.of("language")) or sorted(scope.asks.languages),
        "wave": study.panel.wave,
        "questions": scope.asks.questions.model_dump(mode="json"),
        "rows": rows,
        "people": _people(scope),
        "quotas": quotas.reached(scope),
        "counts": {what: tally.of(what) for what in sorted(tally.counts)},
        "excluded": _excluded(scope),
        "failed_sets": _failed_sets(scope),
        "failed_prompts": _failed_prompts(scope),
        "unmapped": {column: dict(sorted(counted.items())) for column, counted in sorted(scope.unmapped.items())},
        "not_computed": {} if scope.asks.publishing.balanced else NOT_COMPUTED,
        "consent": _consent(scope),
        "agreed": _agreed(scope),
        "known_by": dict(sorted(Counter(person.known_by for person in scope.people.values()).items())),
        "configurations": [_configuration(each) for each in _versions(scope)],
        "recipes": _recipes(scope, tally),
        "sampled": sampled.measured(scope),
    }


def write(said: Manifest, folder: Path) -> None:
    """Write the manifest, the last file of a release."""
    text = json.dumps(said, ensure_ascii=False, indent=2)
    (folder / named(NAME, simulated=said["simulated"])).write_text(f"{text}\n", encoding="utf-8")


def files_in(folder: Path) -> list[dict[str, Any]]:
    """Return name, size and checksum of every file in a folder, in the order of their names."""
    return [entry(path, folder) for path in sorted(folder.rglob("*")) if path.is_file()]


def entry(path: Path, folder: Path) -> dict[str, Any]:
    """Return name, size and checksum of one file of a folder."""
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return {"name": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size, "sha256": digest}


def _people(scope: Scope) -> dict[str, Any]:
    """Return how many people there are, and how they are distributed over each published column."""
    counted: dict[str, Counter[str]] = {column: Counter() for column in DEMOGRAPHICS}
    together: Counter[tuple[str, str]] = Counter()
    for person in scope.people.values():
        said = {column: value or "not given" for column, value in person.demographics.items()}
        for column, value in said.items():
            counted[column][value] += 1
        together[said["annotator_country"], said["annotator_age"]] += 1
    return {
        "total": len(scope.people),
        **{column: dict(sorted(values.items())) for column, values in counted.items()},
        "annotator_country x annotator_age": [
            {"annotator_country": country, "annotator_age": age, "people": people}
            for (country, age), people in sorted(together.items())
        ],
    }


def _excluded(scope: Scope) -> dict[str, int]:
    happened = Turn.objects.that_happened().filter(task__study=scope.study, recorded_at__lte=scope.snapshot_at)
    practice = happened.filter(task__kind=Task.Kind.PRACTICE)
    turns = happened.without_practice()
    tasks = Task.objects.filter(pk__in=turns.values("task"))
    standing, publish = Annotator.objects.consenting(), Annotator.objects.publishable(licence=scope.asks.licence)
    not_standing = tasks.exclude(annotator__in=standing)
    not_published = tasks.filter(annotator__in=standing).exclude(annotator__in=publish)
    own_words = turns.filter(task__annotator__in=publish).exclude(agreed_to(scope.asks.licence))
    conversations = Task.objects.filter(pk__in=scope.turns().order_by().values("task"))
    in_wide_table = scope.accepted().order_by().values("turn__task")
    return {
        "people whose consent does not stand": not_standing.values("annotator").distinct().count(),
        "conversations of people whose consent does not stand": not_standing.count(),
        "people who did not agree to publication": not_published.values("annotator").distinct().count(),
        "conversations of people who did not agree to publication": not_published.count(),
        "turns that answer texts of people who keep these to themselves": own_words.count(),
        "practice conversations": practice.values("task").distinct().count(),
        "surplus conversations (in the long tables only)": conversations.filter(surplus=True).count(),
        "attention checks and repeats (in the long tables only)": conversations.exclude(kind=Task.Kind.REGULAR).count(),
        "conversations without a comparison (in the long tables only)": conversations.filter(
            surplus=False, kind=Task.Kind.REGULAR
        )
        .exclude(pk__in=in_wide_table)
        .count(),
    }


def _failed_sets(scope: Scope) -> dict[str, int]:
    failed = CandidateSet.objects.filter(status=CandidateSet.Status.FAILED, finished_at__lte=scope.snapshot_at)
    shared = failed.filter(item__study=scope.study)
    live = failed.filter(item=None, pk__in=Turn.objects.filter(task__study=scope.study).values("candidate_set"))
    return dict(sorted((_by_reason(shared) + _by_reason(live)).items()))


def _failed_prompts(scope: Scope) -> list[dict[str, str | None]]:
    """Return the given prompts for which no candidates could be written that are fit to be shown."""
    failed = Prompt.objects.filter(
        study=scope.study,
        item__candidate_set__status=CandidateSet.Status.FAILED,
        item__candidate_set__finished_at__lte=scope.snapshot_at,
    )
    rows = failed.order_by("language", "text_sha256")
    return [
        {"prompt_key": key or None, "language": language, "prompt": text, "reason": reason}
        for key, language, text, reason in rows.values_list("key", "language", "text", "item__candidate_set__failure")
    ]


def _by_reason(sets: QuerySet[CandidateSet]) -> Counter[str]:
    return Counter(dict(sets.values_list("failure").annotate(sets=Count("pk", distinct=True)).order_by("failure")))


def _consent(scope: Scope) -> list[dict[str, Any]]:
    """Return which versions of the consent text stand, and for how many of the people in the release."""
    standing = Consent.objects.in_force().filter(annotator__in=among(scope.people))
    versions = standing.values("text__version").annotate(people=Count("annotator", distinct=True))
    return [{"version": each["text__version"], "people": each["people"]} for each in versions.order_by("text__version")]


def _agreed(scope: Scope) -> dict[str, int]:
    """Return how many of the people in the release agreed to what beside publication."""
    people = scope.people.values()
    return {
        "verbatim texts": sum(person.agreed.verbatim for person in people),
        "training of models": sum(person.agreed.training for person in people),
    }


def _versions(scope: Scope) -> QuerySet[StudyVersion]:
    return scope.study.versions.filter(recorded_at__lte=scope.snapshot_at).order_by("number")


def _configuration(version: StudyVersion) -> dict[str, Any]:
    # The completion code is worth money as long as the study is open, and its hash could be guessed from.
    published = {key: value for key, value in version.configuration.items() if key != "completion"}
    text = json.dumps(published, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return {
        "number": version.number,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "configuration": published,
    }


def _recipes(scope: Scope, tally: Tally) -> list[dict[str, Any]]:
    """Return the recipes of the published sets and of the study's configurations."""
    hashes = set(tally.of("recipe"))
    for version in _versions(scope).select_related("first_recipe", "later_recipe"):
        hashes |= {recipe.sha256 for recipe in (version.first_recipe, version.later_recipe) if recipe}
    found = Recipe.objects.filter(sha256__in=hashes).order_by("sha256")
    return [{"sha256": recipe.sha256, "document": recipe.document} for recipe in found]
