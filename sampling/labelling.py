"""What values texts speak for: labels by researchers and judges, and how often a judge is right."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sampling.models import Label
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


def text_sha256(text: str) -> str:
    """Return the name under which a text is labelled: the hash of its tidied form."""
    return hashlib.sha256(tidied(text).encode()).hexdigest()


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
    before = Label.objects.filter(scheme=scheme, source=source).count()
    Label.objects.bulk_create(labels, ignore_conflicts=True)
    return Label.objects.filter(scheme=scheme, source=source).count() - before


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
