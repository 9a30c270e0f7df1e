"""One module per format: which tables it holds, and whether a study fits into it."""

from collections.abc import Sequence

from collection.models import Study
from exports.formats import community_alignment
from exports.formats.table import DoesNotFit, Format, Table

__all__ = ["FORMATS", "DoesNotFit", "Format", "Table", "check", "tables_of"]

FORMATS = {format.name: format for format in (community_alignment.FORMAT,)}


def check(study: Study, formats: Sequence[str]) -> None:
    """Check that the formats can hold what a study collects.

    :raises DoesNotFit: if one cannot, with the reason.
    """
    for name in formats:
        if name not in FORMATS:
            raise DoesNotFit("unknown-format")
        if reason := FORMATS[name].why_not(study):
            raise DoesNotFit(reason)


def tables_of(formats: Sequence[str]) -> list[Table]:
    """Return the tables of these formats, each once."""
    return list({table.name: table for name in formats for table in FORMATS[name].tables}.values())
