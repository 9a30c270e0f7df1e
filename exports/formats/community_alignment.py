"""The format of the Community Alignment dataset: one conversation a line, 45 columns."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.utils.translation import gettext_lazy as _

from collection.models import Study
from exports.formats.long_tables import head
from exports.formats.table import DoesNotFit, Format, Table, Tally
from exports.records import LETTERS, ORDINALS, Conversation, ConversationTurn, values_of, wide_columns
from exports.scope import Scope
from exports.tables import Row
from sampling.models import Candidate

CANDIDATES_PER_TURN = 4
MOST_TURNS = len(ORDINALS)
NO_TURN = (None,) * 8

_LOOKS_LIKE_A_HEADING = re.compile(r"^(?=# Response [A-D]:)", re.MULTILINE)
BACKSLASH = r"\\"


def why_not(study: Study) -> str | None:
    """Return why a study does not fit, judged by its configurations."""
    for version in study.versions.select_related("first_recipe", "later_recipe"):
        recipes = [recipe for recipe in (version.first_recipe, version.later_recipe) if recipe is not None]
        if any(recipe.says.candidates != CANDIDATES_PER_TURN for recipe in recipes):
            return "not-four-candidates"
        if version.asks.turns.maximum > MOST_TURNS:
            return "too-many-turns"
    return None


def conversations(scope: Scope, tally: Tally) -> Iterator[Row]:
    """Yield one line per conversation with an accepted comparison."""
    for number, compared in groupby(_compared(scope), key=lambda turn: turn.turn__task__published__number):
        turns = list(compared)
        if len(turns) > MOST_TURNS:
            raise DoesNotFit("too-many-turns")
        line = values_of(Conversation)(head(number, turns, scope, tally))
        verbatim = scope.people[turns[0].turn__task__annotator_id].agreed.verbatim
        for turn in turns:
            line += values_of(ConversationTurn)(_turn(turn, verbatim=verbatim))
        yield line + NO_TURN * (MOST_TURNS - len(turns))


def _compared(scope: Scope) -> Iterator[Any]:
    texts = Candidate.objects.filter(candidate_set=OuterRef("turn__candidate_set")).order_by("slot").values("text")
    return (
        scope.accepted()
        .annotate(texts=ArraySubquery(texts))
        .values_list(
            "turn__task__published__number",
            "turn__task__annotator_id",
            "turn__task__item_id",
            "turn__message",
            "turn__candidate_set__language",
            "turn__candidate_set__canonical_order",
            "candidate__slot",
            "explanation",
            "texts",
            named=True,
        )
        .iterator(chunk_size=1000)
    )


def _turn(turn: Any, *, verbatim: bool) -> ConversationTurn:
    order = turn.turn__candidate_set__canonical_order
    if len(order) != CANDIDATES_PER_TURN:
        raise DoesNotFit("not-four-candidates")
    texts = [turn.texts[slot] for slot in order]
    chosen = None if turn.candidate__slot is None else f"response_{LETTERS[order.index(turn.candidate__slot)]}"
    return ConversationTurn(
        prompt=turn.turn__message,
        responses=block(texts),
        response_a=texts[0],
        response_b=texts[1],
        response_c=texts[2],
        response_d=texts[3],
        preferred_response=chosen,
        feedback=(turn.explanation or None) if verbatim else None,
    )


def block(texts: Sequence[str]) -> str:
    """Return candidates as one text, each under its heading. A candidate cannot pretend to hold the next heading."""
    parts = (
        f"# Response {letter.upper()}:\n{_LOOKS_LIKE_A_HEADING.sub(BACKSLASH, text)}"
        for letter, text in zip(LETTERS, texts, strict=False)
    )
    return "\n\n".join(parts)


CONVERSATIONS = Table(
    name="conversations",
    about="One conversation a line, in the 45 columns of Community Alignment.",
    columns=wide_columns(),
    along="conversations",
    rows=conversations,
    total=lambda scope: scope.accepted().order_by().values("turn__task").distinct().count(),
    rows_per_batch=1000,
)

FORMAT = Format(
    name="community-alignment",
    about=_("One conversation a line, in the 45 columns of Community Alignment."),
    tables=(CONVERSATIONS,),
    why_not=why_not,
)
