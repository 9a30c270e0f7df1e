"""Who is paid how much, as tables that a panel takes."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from annotators.identities import Identity
from annotators.models import Annotator, Panel
from collection import completion, pay
from collection.spreadsheets import plain

COLUMNS = ("participant", "pseudonym", "amount", "currency", "code")


@dataclass(frozen=True)
class Payout:
    """What one person is to be paid."""

    participant: str
    """Their id at the panel that sent them; empty: they came by a link."""
    pseudonym: str
    amount: Decimal
    code: str
    """The completion code that they have earned, or that of being screened out; empty: none."""
    has_completed: bool


def of(panel: Panel) -> Iterator[Payout]:
    """Yield what everybody is to be paid to whom something is owed, by pseudonym. Nobody pays simulated people."""
    real = Annotator.objects.filter(panel=panel, panel_origin=Panel.Origin.REAL)
    people = list(real.filter(pay_entries__amount__gt=0).distinct().order_by("pseudonym"))
    participants = dict(Identity.objects.filter(annotator__in=people).values_list("annotator_id", "participant"))
    owed = pay.totals(people)
    for person in people:
        person.panel = panel
        codes = completion.codes(person)
        away = person.standing == Annotator.Standing.SCREENED_OUT
        yield Payout(
            participant=participants.get(person.pk, ""),
            pseudonym=person.pseudonym,
            amount=owed[person.pk],
            code=panel.part.screened_out.code if away else " ".join(codes),
            has_completed=bool(codes),
        )


def table(panel: Panel) -> str:
    """Return all that is owed as CSV, with a header."""
    part = panel.part.pay
    currency = part.currency if part else ""
    rows: list[tuple[str, ...]] = [
        (each.participant, each.pseudonym, str(each.amount), currency, each.code) for each in of(panel)
    ]
    return _csv([COLUMNS, *rows])


def bonus_table(panel: Panel) -> str:
    """Return as CSV, without a header, id and amount of what the panel does not pay by itself for the completion code.

    So panels such as Prolific take it. Who came by a link is named by the pseudonym.
    """
    part = panel.part.pay
    base = part.base if part else Decimal(0)
    rows: list[tuple[str, ...]] = []
    for each in of(panel):
        bonus = each.amount - (base if each.has_completed else 0)
        if bonus > 0:
            rows.append((each.participant or each.pseudonym, str(bonus)))
    return _csv(rows)


def _csv(rows: list[tuple[str, ...]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    for row in rows:
        writer.writerow([plain(cell) for cell in row])
    return stream.getvalue()
