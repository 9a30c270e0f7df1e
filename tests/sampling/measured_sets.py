"""Sets as a recipe leaves them, for tests of what is read from them: texts, tries, completions, measures, labels."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from sampling.embedding import N_GRAMS
from sampling.intake import define_recipe
from sampling.labelling import RESEARCHER, text_sha256
from sampling.models import Candidate, CandidateSet, Completion, Diversity, Label, RawAnswer
from tests.sampling.conftest import document

NOW = timezone.now()
VALUES = "abcd"


def written(
    shown: Sequence[str] | None = ("a", "b", "c", "d"),
    raw: Sequence[tuple[str, list[str]]] | None = None,
    *,
    rejected: Sequence[str] = (),
    seconds: float = 2,
    new_tokens: int | None = 100,
    cost: float | None = None,
    methods: Sequence[str] = ("negatively-correlated",) * 4,
    recipe: dict[str, Any] | None = None,
    **fields: Any,
) -> CandidateSet:
    """Return a set with these texts; without any, one that failed. Its first try was as it is shown, unless told."""
    state = {"status": "ready", "canonical_order": [0, 1, 2, 3]} if shown else {"status": "failed", "failure": "unfit"}
    candidate_set = CandidateSet.objects.create(
        recipe=define_recipe(document(**(recipe or {}))),
        messages=[{"role": "user", "content": "?"}],
        claimed_at=NOW - timedelta(seconds=seconds),
        finished_at=NOW,
        **({"language": "en"} | state | fields),
    )
    tries = [_completion(candidate_set, number, reason) for number, reason in enumerate(rejected)]
    used = _completion(candidate_set, len(tries), "", new_tokens=new_tokens, prompt_tokens=10, cost=cost)
    Candidate.objects.bulk_create(
        Candidate(candidate_set=candidate_set, slot=slot, text=text, method=methods[slot], completion=used)
        for slot, text in enumerate(shown or [])
    )
    came = [(text, []) for text in shown or []] if raw is None else raw
    RawAnswer.objects.bulk_create(
        RawAnswer(
            candidate_set=candidate_set, place=place, text=text, faults=faults, completion=used, method=methods[place]
        )
        for place, (text, faults) in enumerate(came)
    )
    return candidate_set


def _completion(candidate_set: CandidateSet, number: int, rejected: str, **fields: Any) -> Completion:
    return Completion.objects.create(
        candidate_set=candidate_set,
        number=number,
        purpose="set",
        text="…",
        rejected=rejected,
        parts=[[rejected]] if rejected == "language" else [],
        generator="huggingface",
        model="m",
        revision="r",
        stop_reason="stop",
        **fields,
    )


def measured(candidate_set: CandidateSet, *, of: str = "shown", embedder: str = N_GRAMS, **figures: float) -> None:
    """Add measures to a set."""
    Diversity.objects.create(candidate_set=candidate_set, of=of, embedder=embedder, texts=4, **figures)


def labelled(candidate_set: CandidateSet, source: str = RESEARCHER, scheme: str = "map", **values: str) -> CandidateSet:
    """Label texts of a set, each by itself unless told otherwise; every text is the name of its value."""
    shown, raw = (rows.values_list("text", flat=True) for rows in (candidate_set.candidates, candidate_set.raw_answers))
    for text in {*shown, *raw}:
        Label.objects.create(
            candidate_set=candidate_set,
            text_sha256=text_sha256(text),
            scheme=scheme,
            value=values.get(text, text),
            source=source,
        )
    return candidate_set
