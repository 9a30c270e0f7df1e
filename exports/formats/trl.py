"""The formats that TRL trains on: pairs, and single candidates with a label."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from exports import records
from exports.compared import preferences, unpaired
from exports.formats.comparing import for_training
from exports.formats.table import Format, Table, Tally
from exports.records import values_of
from exports.scope import Scope
from exports.tables import Row
from exports.training_records import Preference, Unpaired


def pairs(scope: Scope, tally: Tally) -> Iterator[Row]:
    """Yield a line for each candidate that was not chosen, beside the one that was."""
    for turn in for_training(scope):
        for line in preferences(turn):
            tally.add("pairs by language", line.language)
            yield values_of(Preference)(line)


def labelled(scope: Scope, tally: Tally) -> Iterator[Row]:
    """Yield a line for each candidate that was compared."""
    for turn in for_training(scope):
        for line in unpaired(turn):
            yield values_of(Unpaired)(line)


PREFERENCE_TABLE = Table(
    name="trl-preference",
    about="One pair a line: a chosen candidate and another one of its set, for TRL's DPOTrainer and RewardTrainer.",
    columns=records.columns(Preference),
    along="conversations",
    rows=pairs,
    total=lambda scope: 3 * scope.accepted().count(),
    rows_per_batch=1000,
)

UNPAIRED_TABLE = Table(
    name="trl-unpaired",
    about="One candidate a line, with whether it was chosen, for TRL's KTOTrainer.",
    columns=records.columns(Unpaired),
    along="conversations",
    rows=labelled,
    total=lambda scope: 4 * scope.accepted().count(),
    rows_per_batch=1000,
)

PREFERENCE = Format(
    name="trl-preference",
    about=_("Chosen and rejected answers in pairs, for TRL's DPOTrainer and RewardTrainer."),
    tables=(PREFERENCE_TABLE,),
)
UNPAIRED = Format(
    name="trl-unpaired",
    about=_("Single answers with whether they were chosen, for TRL's KTOTrainer."),
    tables=(UNPAIRED_TABLE,),
)
