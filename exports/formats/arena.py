"""The format of the published Chatbot Arena battles: one pair a line, with what wrote each of the two."""

from collections.abc import Iterator

from babel import Locale
from django.utils.translation import gettext_lazy as _

from exports import records
from exports.compared import battles
from exports.formats.comparing import turns
from exports.formats.table import Format, Table, Tally
from exports.records import values_of
from exports.scope import Scope
from exports.tables import Row
from exports.training_records import Battle


def lines(scope: Scope, tally: Tally) -> Iterator[Row]:
    """Yield a line for each pair of which a person said who won, or that neither is good."""
    names = Locale("en").languages
    for turn in turns(scope):
        for line in battles(turn, language=names.get(turn.language, turn.language)):
            tally.add("battles", line.winner)
            yield values_of(Battle)(line)


ARENA = Table(
    name="arena",
    about="One pair of candidates a line, with who won, as the arenas publish their battles.",
    columns=records.columns(Battle),
    along="conversations",
    rows=lines,
    total=lambda scope: 3 * scope.accepted().count(),
    rows_per_batch=1000,
)

FORMAT = Format(
    name="arena",
    about=_("Battles of two answers with who won, as Chatbot Arena publishes them."),
    tables=(ARENA,),
)
