"""What values texts speak for: labels by researchers and judges, and how often a judge is right."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from sampling.asking import Message
from sampling.models import CandidateSet, Label
from sampling.tidying import tidied

RESEARCHER = "researcher"
"""The source of labels given by hand."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """A label that somebody gives to a text."""

    candidate_set_id: int
    text_sha256: str
    value: str
    """Empty: the source could not tell."""


@dataclass(frozen=True, kw_only=True)
class Labelable:
    """A text of a set, shown or of its first try, and what it answers."""

    candidate_set_id: int
    sha256: str
    text: str
    messages: list[Message]
    language: str


def text_sha256(text: str) -> str:
    """Return the name under which a text is labelled: the hash of its tidied form."""
    return hashlib.sha256(tidied(text).encode()).hexdigest()


def labelables(candidate_sets: QuerySet[CandidateSet]) -> Iterator[Labelable]:
    """Yield every text of these sets once per set: candidates, and answers of first tries that became none."""
    chosen = candidate_sets.filter(erased_at=None).prefetch_related("candidates", "raw_answers").order_by("pk")
    for candidate_set in chosen.iterator(chunk_size=200):
        shown = [candidate.text for candidate in candidate_set.candidates.all()]
        texts = map(tidied, [*shown, *(answer.text for answer in candidate_set.raw_answers.all())])
        for sha256, text in {text_sha256(text): text for text in texts if text}.items():
            yield Labelable(
                candidate_set_id=candidate_set.pk,
                sha256=sha256,
                text=text,
                messages=candidate_set.messages,
                language=candidate_set.language,
            )


def record(given: Iterable[Given], *, scheme: str, source: str, now: datetime) -> int:
    """Keep labels; return how many are new. A source labels a text once: what it said first stays."""
    labels = [
        Label(
            candidate_set_id=one.candidate_set_id,
            text_sha256=one.text_sha256,
            scheme=scheme,
            value=one.value,
            source=source,
            recorded_at=now,
        )
        for one in given
    ]
    sets = {label.candidate_set_id for label in labels}
    theirs = Label.objects.filter(candidate_set__in=sets, scheme=scheme, source=source)
    before = theirs.count()
    Label.objects.bulk_create(labels, ignore_conflicts=True)
    return theirs.count() - before


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """How a judge does on the texts that were labelled by hand."""

    texts: int
    """Labelled by both."""
    undecided: int
    """Of these, where the judge could not tell."""
    right: int
    """Of those it decided, where it says what the researcher says."""

    @property
    def decided(self) -> int:
        return self.texts - self.undecided


def accuracy(*, scheme: str, source: str, candidate_sets: Collection[int]) -> Accuracy:
    """Return how often a source says what researchers say of texts of these sets."""
    labels = Label.objects.filter(scheme=scheme, candidate_set__in=candidate_sets, source__in=[RESEARCHER, source])
    said: dict[str, dict[tuple[int, str], str]] = {RESEARCHER: {}, source: {}}
    for label in labels:
        said[label.source][label.candidate_set_id, label.text_sha256] = label.value
    checked = [text for text, value in said[RESEARCHER].items() if value and text in said[source]]
    decided = [text for text in checked if said[source][text]]
    return Accuracy(
        texts=len(checked),
        undecided=len(checked) - len(decided),
        right=sum(said[source][text] == said[RESEARCHER][text] for text in decided),
    )
