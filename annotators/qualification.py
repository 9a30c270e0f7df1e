"""Outcomes of practice, attention checks and repeats, and what they say about a person's standing."""

from datetime import datetime

from annotators.models import Annotator, CheckOutcome

Kind = CheckOutcome.Kind


def record(*, annotator: Annotator, kind: str, passed: bool, now: datetime) -> None:
    """Keep the outcome of a check. The caller has locked the person."""
    CheckOutcome.objects.create(annotator=annotator, kind=kind, passed=passed, recorded_at=now)
