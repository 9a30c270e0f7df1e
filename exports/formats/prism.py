"""The format of PRISM (Kirk et al. 2024): a survey, conversations with their history, and utterances."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from exports import records
from exports.compared import prism_conversation, user_id
from exports.compared import utterances as utterances_of
from exports.formats.comparing import conversations as compared_conversations
from exports.formats.table import Format, Table, Tally
from exports.prism_records import PrismConversation, Survey, Utterance
from exports.records import values_of
from exports.scope import Person, Scope
from exports.tables import Row


def survey(scope: Scope, tally: Tally) -> Iterator[Row]:
    """Yield one line per person, by number."""
    done = _conversations_of(scope)
    for pk, person in sorted(scope.people.items(), key=lambda each: each[1].number):
        yield values_of(Survey)(_survey(person, conversations=done.get(pk, 0), wave=scope.study.panel.wave))


def _conversations_of(scope: Scope) -> dict[int, int]:
    counted = scope.accepted().order_by().values("turn__task__annotator_id")
    rows: Any = counted.annotate(tasks=Count("turn__task", distinct=True))
    return dict(rows.values_list("turn__task__annotator_id", "tasks"))


def _survey(person: Person, *, conversations: int, wave: int) -> Survey:
    said = person.demographics
    return Survey(
        user_id=user_id(person.number),
        survey_only=conversations == 0,
        num_completed_conversations=conversations,
        age=said["annotator_age"],
        gender=said["annotator_gender"],
        education=said["annotator_education_level"],
        ethnicity={"categorised": said["annotator_ethnicity"], "simplified": said["annotator_ethnicity"]},
        location={"reside_country": said["annotator_country"]},
        political=said["annotator_political"],
        wave=wave,
    )


def conversations(scope: Scope, tally: Tally) -> Iterator[Row]:
    """Yield one line per conversation with an accepted comparison."""
    for turns in compared_conversations(scope):
        yield values_of(PrismConversation)(prism_conversation(turns, balanced=turns[0].conversation in scope.balanced))


def utterances(scope: Scope, tally: Tally) -> Iterator[Row]:
    """Yield one line per candidate of each comparison."""
    for turns in compared_conversations(scope):
        for line in utterances_of(turns, balanced=turns[0].conversation in scope.balanced):
            yield values_of(Utterance)(line)


SURVEY = Table(
    name="prism-survey",
    about="One person a line, with the columns of PRISM's survey that were asked here.",
    columns=records.columns(Survey),
    along="people",
    rows=survey,
    total=lambda scope: len(scope.people),
    rows_per_batch=5000,
    fresh=True,
)

CONVERSATIONS = Table(
    name="prism-conversations",
    about="One conversation a line, with its whole history, as in PRISM.",
    columns=records.columns(PrismConversation),
    along="conversations",
    rows=conversations,
    total=lambda scope: scope.accepted().order_by().values("turn__task").distinct().count(),
    rows_per_batch=1000,
)

UTTERANCES = Table(
    name="prism-utterances",
    about="One candidate a line, with the message it answers and whether it was chosen, as in PRISM.",
    columns=records.columns(Utterance),
    along="conversations",
    rows=utterances,
    total=lambda scope: 4 * scope.accepted().count(),
    rows_per_batch=2000,
)

FORMAT = Format(
    name="prism",
    about=_("Survey, conversations and utterances, as in the PRISM dataset."),
    tables=(SURVEY, CONVERSATIONS, UTTERANCES),
)
