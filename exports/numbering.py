"""Numbers under which people, conversations and candidate sets are published.

They are drawn in random order, so that they tell nothing about accounts or arrival, and kept, so that every release of
a study calls the same thing by the same number.
"""

from datetime import datetime

from django.db import connection, models, transaction
from django.db.models import QuerySet

from annotators.models import Annotator
from collection.models import Study, Task, Turn
from exports.models import PublishedAnnotator, PublishedConversation, PublishedSet
from exports.scope import agreed_to, asks_of
from sampling.models import CandidateSet


@transaction.atomic
def number_new(*, study: Study, snapshot_at: datetime) -> None:
    """Give a number to whatever the snapshot holds and no release of the study has called by one."""
    # Two releases that begin at once must not give a number twice: the second waits here for the first.
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    licence = asks_of(study, snapshot_at=snapshot_at).licence
    happened = Turn.objects.that_happened().without_practice().filter(agreed_to(licence))
    turns = happened.filter(task__study=study, recorded_at__lte=snapshot_at)
    tasks = Task.objects.filter(pk__in=turns.values("task"))
    _number(PublishedConversation, "task", study, tasks.filter(published=None))
    people = Annotator.objects.filter(pk__in=tasks.values("annotator"))
    _number(PublishedAnnotator, "annotator", study, people.exclude(published__study=study))
    sets = CandidateSet.objects.filter(pk__in=turns.values("candidate_set"))
    _number(PublishedSet, "candidate_set", study, sets.filter(published=None))


def _number(model: type[models.Model], what: str, study: Study, new: QuerySet[models.Model]) -> None:
    """Insert a row for each of the new objects; in the database, since there can be millions."""
    objects, parameters = new.order_by().values("pk").query.sql_with_params()
    table = model._meta.db_table
    statement = f"""
        insert into {table} (study_id, {what}_id, number)
        select %s, new.id, (select coalesce(max(number), 0) from {table} where study_id = %s)
            + row_number() over (order by gen_random_uuid())
        from ({objects}) as new (id)
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [study.pk, study.pk, *parameters])
