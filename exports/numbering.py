"""Numbers under which people, conversations and candidate sets are published.

They are drawn in random order, so that they tell nothing about accounts or arrival, and kept, so that every release of
a line calls the same thing by the same number. Another line has other numbers.
"""

from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef, QuerySet

from annotators.models import Annotator
from collection.models import Study, Task, Turn
from exports.models import PublishedAnnotator, PublishedConversation, PublishedSet
from exports.scope import agreed_to, asks_of
from sampling.models import CandidateSet


@transaction.atomic
def number_new(*, study: Study, snapshot_at: datetime, line: int = 1) -> None:
    """Give a number to whatever the snapshot holds and no release of the line has called by one."""
    # Two releases that begin at once must not give a number twice: the second waits here for the first.
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    licence = asks_of(study, snapshot_at=snapshot_at).licence
    happened = Turn.objects.that_happened().without_practice().filter(agreed_to(licence))
    turns = happened.filter(task__study=study, recorded_at__lte=snapshot_at)
    tasks = Task.objects.filter(pk__in=turns.values("task"))
    people = Annotator.objects.filter(pk__in=tasks.values("annotator"))
    sets = CandidateSet.objects.filter(pk__in=turns.values("candidate_set"))
    _number(PublishedConversation, "task", study, line, tasks)
    _number(PublishedAnnotator, "annotator", study, line, people)
    _number(PublishedSet, "candidate_set", study, line, sets)


def _number(model: type[models.Model], what: str, study: Study, line: int, objects: QuerySet[Any]) -> None:
    """Insert a row for each of the objects that has none; in the database, since there can be millions."""
    numbered = model._default_manager.filter(study=study, line=line)
    new = objects.filter(~Exists(numbered.filter(**{what: OuterRef("pk")})))
    selected, parameters = new.order_by().values("pk").query.sql_with_params()
    table = model._meta.db_table
    statement = f"""
        insert into {table} (study_id, line, {what}_id, number)
        select %s, %s, new.id, (select coalesce(max(number), 0) from {table} where study_id = %s and line = %s)
            + row_number() over (order by gen_random_uuid())
        from ({selected}) as new (id)
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [study.pk, line, study.pk, line, *parameters])
        if cursor.rowcount:
            # The database plans what shards read by what it knows of these numbers.
            cursor.execute(f"analyze {table}")
