"""How many tasks of each study a person was given, and how far those are: counted in one look-up.

It is asked for with every page of a task, and written in SQL because putting it together anew each time would take
several times as long as answering it.
"""

from dataclasses import dataclass, fields
from datetime import datetime

from annotators.models import Annotator
from collection.models import Study, Task

_STUDIES = """
    select study.*,
           count(task.id) as given,
           count(task.id) filter (where task.kind = %(practice)s) as practised,
           count(task.id) filter (where task.kind <> %(practice)s and task.state = any(%(live)s)) as live,
           count(task.id) filter (where task.kind <> %(practice)s and (task.state = %(completed)s
             or (task.state = %(expired)s and exists (
               select from collection_turn turn join collection_comparison on turn_id = turn.id
               where turn.task_id = task.id)))) as done,
           count(task.id) filter (where task.recorded_at >= %(midnight)s) as given_today
    from collection_study study
    left join collection_task task on task.study_id = study.id and task.annotator_id = %(annotator)s
    where study.panel_id = %(panel)s and study.state <> %(draft)s
    group by study.id
    order by study.id
"""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What one person was given in one study."""

    study: Study
    given: int
    """All of their tasks."""
    practised: int
    """Those of them that are practice; none of the next two is."""
    live: int
    """Open or held."""
    done: int
    """Completed, or expired with work in them (`TaskQuerySet.done`)."""
    given_today: int
    """Given since midnight UTC, practice included."""

    @property
    def counted(self) -> int:
        """Tasks that count towards what is asked of one person: done, open or held."""
        return self.done + self.live

    @property
    def practises(self) -> bool:
        """Whether the person has begun nothing but practice."""
        return self.given == self.practised


def of(annotator: Annotator, *, now: datetime) -> list[Tally]:
    """Return the tallies of the person in the studies of their panel but for drafts, in the order those were made."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    values = {
        "annotator": annotator.pk,
        "panel": annotator.panel_id,
        "midnight": midnight,
        "practice": Task.Kind.PRACTICE,
        "live": list(Task.LIVE),
        "completed": Task.State.COMPLETED,
        "expired": Task.State.EXPIRED,
        "draft": Study.State.DRAFT,
    }
    return [_tally(study) for study in Study.objects.raw(_STUDIES, values)]


def _tally(study: Study) -> Tally:
    numbers = {field.name: getattr(study, field.name) for field in fields(Tally) if field.name != "study"}
    return Tally(study=study, **numbers)
