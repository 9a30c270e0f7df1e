"""What must hold between rows, counted by SQL that shares no code with the project."""

from django.db import connection

CHECKS = {
    "a place is taken without a task that holds it, or the other way round": """
        select overlap.id from collection_overlap overlap
        left join collection_task task on task.overlap_id = overlap.id
        group by overlap.id, overlap.taken having count(task.id) <> overlap.taken
    """,
    "more people than an item wants": "select id from collection_overlap where taken > wanted",
    "more accepted first comparisons and live assignments than an item wants": """
        select overlap.id from collection_overlap overlap
        join collection_task task on task.overlap_id = overlap.id and not task.surplus
        join annotators_annotator person on person.id = task.annotator_id and person.standing <> 'withdrawn'
        left join collection_turn turn on turn.task_id = task.id and turn.number = 1
        left join collection_comparison comparison on comparison.turn_id = turn.id
        where task.kind = 'regular' and (task.state in ('open', 'held') or comparison.id is not null)
        group by overlap.id, overlap.wanted having count(*) > overlap.wanted
    """,
    "a place is held for a check, a repeat or practice": """
        select id from collection_task where kind <> 'regular' and overlap_id is not null
    """,
    "live or accepted work on an item holds no place": """
        select task.id from collection_task task
        join collection_study study on study.id = task.study_id
        join annotators_annotator person on person.id = task.annotator_id and person.standing <> 'withdrawn'
        left join collection_turn turn on turn.task_id = task.id and turn.number = 1
        left join collection_comparison comparison on comparison.turn_id = turn.id
        where task.item_id is not null and task.kind = 'regular' and not task.surplus and task.overlap_id is null
        and (task.state in ('open', 'held') or comparison.id is not null)
    """,
    "a place is held by a task that is over and has no first comparison": """
        select task.id from collection_task task
        left join collection_turn turn on turn.task_id = task.id and turn.number = 1
        left join collection_comparison comparison on comparison.turn_id = turn.id
        where task.overlap_id is not null and task.state not in ('open', 'held') and comparison.id is null
    """,
    "a place of another item": """
        select task.id from collection_task task join collection_overlap overlap on overlap.id = task.overlap_id
        where task.item_id is distinct from overlap.item_id
    """,
    "somebody got a prompt, its translation or its text twice": """
        select task.annotator_id from collection_task task
        join collection_item item on item.id = task.item_id join collection_prompt prompt on prompt.id = item.prompt_id
        where task.repeat_of_id is null
        group by task.annotator_id, case when prompt."group" = '' then prompt.text_sha256
            else prompt.study_id || ' ' || prompt."group" end
        having count(*) > 1
    """,
    "two people who share an item saw other sets": """
        select task.item_id from collection_task task
        join collection_turn turn on turn.task_id = task.id and turn.number = 1
        where task.item_id is not null group by task.item_id having count(distinct turn.candidate_set_id) > 1
    """,
    "an order that is no order of the set": """
        select turn.id from collection_turn turn
        join sampling_candidateset candidates on candidates.id = turn.candidate_set_id
        where candidates.status = 'ready' and (
            select array_agg(value::int order by value::int) from jsonb_array_elements_text(turn."order")
        ) is distinct from (
            select array_agg(slot::int order by slot) from sampling_candidate where candidate_set_id = candidates.id
        )
    """,
    "a chosen candidate that was not shown": """
        select comparison.id from collection_comparison comparison
        join collection_turn turn on turn.id = comparison.turn_id
        join sampling_candidate candidate on candidate.id = comparison.candidate_id
        where candidate.candidate_set_id <> turn.candidate_set_id
    """,
    "a turn after one that was not compared": """
        select turn.id from collection_turn turn
        join collection_turn before on before.task_id = turn.task_id and before.number = turn.number - 1
        left join collection_comparison comparison on comparison.turn_id = before.id
        where comparison.id is null
    """,
}


def faults() -> list[str]:
    """Return, in words, what does not hold; nothing where all is well."""
    with connection.cursor() as cursor:
        return [f"{claim}: {rows}" for claim, sql in CHECKS.items() if (rows := _rows(cursor, sql))]


def _rows(cursor, sql):
    cursor.execute(sql)
    return [row[0] for row in cursor.fetchall()]
