"""Outcomes of practice, attention checks and repeats: kept, and counted."""

from dataclasses import dataclass
from datetime import datetime

from annotators.judgements import StandingChange
from annotators.models import Annotator, CheckOutcome

Kind = CheckOutcome.Kind


@dataclass(frozen=True)
class Tally:
    """How many checks of one kind a person did, and how many they missed."""

    missed: int
    of: int

    @property
    def passed(self) -> int:
        return self.of - self.missed


def record(*, annotator: Annotator, kind: str, passed: bool, now: datetime) -> None:
    """Keep the outcome of a check. The caller has locked the person."""
    CheckOutcome.objects.create(annotator=annotator, kind=kind, passed=passed, recorded_at=now)


def tally(*, annotator: Annotator, kind: str) -> Tally:
    """Count a person's checks of a kind since a researcher last let them go on."""
    looked = annotator.standing_changes.filter(kind=StandingChange.Kind.RESUMED).order_by("-pk").first()
    outcomes = annotator.check_outcomes.filter(kind=kind)
    if looked is not None:
        outcomes = outcomes.filter(recorded_at__gt=looked.recorded_at)
    passed = list(outcomes.values_list("passed", flat=True))
    return Tally(missed=passed.count(False), of=len(passed))
