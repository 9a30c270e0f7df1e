"""A study in the middle of its field work, written straight into the database: the ground for benchmarks.

So many items with ready sets, so many people, and half of all places taken: from untouched items to full ones, in equal
shares. Texts are words of five letters without sense: 40 for a prompt, 150 for a candidate, and no two are the same.
"""

import random
from datetime import datetime

from django.db import connection
from django.utils import timezone
from psycopg import sql

from annotators import enrolment
from annotators.models import Annotator
from annotators.panel_file import PanelPart
from annotators.purposes import PURPOSES
from collection.configuration import Configuration
from collection.models import Study, StudyVersion
from sampling.intake import define_recipe
from sampling.recipe_document import RecipeDocument

PROMPT_WORDS, CANDIDATE_WORDS = 40, 150

STUDY = {
    "slug": "crowd",
    "title": "Crowd",
    "contact": "benchmark@example.org",
    "languages": ["en"],
    "questions": {"choice": {"en": "Which answer would you rather get?"}, "explanation": {"en": "Why?"}},
    "turns": {"minimum": 1, "maximum": 1},
    "recipes": {"first": {"method": "imported"}},
    "tasks_per_annotator": 1000,
    "completion": {"code": "CROWD"},
}
PANEL = {
    "slug": "crowd",
    "name": "Crowd",
    "consent": {"version": "1", "texts": {"en": "You agree."}},
    "survey": [
        {
            "key": "country",
            "text": {"en": "Where do you live?"},
            "options": [{"key": "us", "text": {"en": "United States"}}, {"key": "in", "text": {"en": "India"}}],
        }
    ],
}

STEPS = {
    "prompts": """
        insert into collection_prompt
          (id, study_id, key, "group", language, text, text_sha256, topic, factual, role, feedback, source_file,
           recorded_at)
        select item, %(study)s, '', '', 'en', 'Question ' || item || ': ' || pg_temp.prose(item * 5, %(prompt_words)s),
          encode(sha256(('Question ' || item)::bytea), 'hex'), 'topic ' || item %% 20, false, 'question', '', '',
          %(now)s
        from generate_series(1, %(items)s) item
    """,
    "sets": """
        insert into sampling_candidateset
          (id, recipe_id, messages, language, factual, status, urgent, rank, claims, decoded_tokens, worker, failure,
           failure_detail, requested_at, finished_at, canonical_order, canonical_seed, remarks, source_file,
           source_sha256)
        select item, %(recipe)s, '[]', 'en', false, 'ready', false, 0, 0, 0, '', '', '', %(now)s, %(now)s,
          '[0, 1, 2, 3]', item, '[]', '', ''
        from generate_series(1, %(items)s) item
    """,
    "candidates": """
        insert into sampling_candidate
          (id, candidate_set_id, slot, text, method, condition, author_kind, author, labels)
        select (item - 1) * 4 + slot + 1, item, slot,
          'Answer ' || slot || ': ' || pg_temp.prose(item * 5 + slot + 1, %(candidate_words)s),
          'imported', '', '', '', '[]'
        from generate_series(1, %(items)s) item, generate_series(0, 3) slot
    """,
    "items": """
        insert into collection_item (id, study_id, prompt_id, candidate_set_id, order_seed)
        select item, %(study)s, item, item, item from generate_series(1, %(items)s) item
    """,
    "places": """
        insert into collection_overlap
          (id, item_id, study_id, language, stratum, wanted, taken, orders_drawn, offered, draw_key)
        select item, item, %(study)s, 'en', '', %(overlap)s, pg_temp.taken(item), pg_temp.taken(item), true, random()
        from generate_series(1, %(items)s) item
    """,
    "people": """
        insert into annotators_annotator
          (id, panel_id, pseudonym, language, standing, return_token_hash, attempt_hash, joined_at)
        select person, %(panel)s, 'crowd' || person, 'en', 'active', '', '', %(now)s
        from generate_series(1, %(people)s) person
    """,
    "consents": """
        insert into annotators_consent
          (annotator_id, text_id, sensitive, publication, verbatim, training, accepted_at)
        select person, %(consent)s, true, true, true, true, %(now)s from generate_series(1, %(people)s) person
    """,
    "answers": """
        insert into annotators_surveyanswer (annotator_id, question, value, recorded_at)
        select person, 'country', 'us', %(now)s from generate_series(1, %(people)s) person
    """,
    "tasks": """
        insert into collection_task
          (id, annotator_id, study_id, version_id, item_id, overlap_id, state, kind, lease_until, draw_seed,
           draw_probability, left_because, surplus, recorded_at, finished_at)
        select row_number() over (), 1 + (item * %(overlap)s + place) %% %(people)s, %(study)s, %(version)s, item, item,
          'completed', 'regular', %(now)s, 0, 1, '', false, %(now)s, %(now)s
        from generate_series(1, %(items)s) item, generate_series(0, pg_temp.taken(item) - 1) place
    """,
    "turns": """
        insert into collection_turn
          (id, task_id, number, follows, message, candidate_set_id, "order", order_seed, order_index, idempotency_key,
           recorded_at, shown_at)
        select task.id, task.id, 1, 'start', prompt.text, task.item_id, '[0, 1, 2, 3]', 0, 0, gen_random_uuid(),
          %(now)s, %(now)s
        from collection_task task join collection_prompt prompt on prompt.id = task.item_id
    """,
    "comparisons": """
        insert into collection_comparison
          (turn_id, outcome, candidate_id, explanation, idempotency_key, recorded_at)
        select task.id, 'chosen', (task.item_id - 1) * 4 + 1 + task.id %% 4, '', gen_random_uuid(), %(now)s
        from collection_task task
    """,
}

HELPERS = """
    create function pg_temp.taken(item bigint) returns int language sql immutable as
      $$ select (item %% (%(overlap)s + 1))::int $$;
    create function pg_temp.prose(seed bigint, words int) returns text language sql as
      $$ select regexp_replace(string_agg(md5(seed || ' ' || piece), ''), '(.{5})', E'\\\\1 ', 'g')
         from generate_series(1, words * 5 / 32) piece $$;
"""

TABLES = [
    "collection_prompt",
    "sampling_candidateset",
    "sampling_candidate",
    "collection_item",
    "collection_overlap",
    "annotators_annotator",
    "collection_task",
    "collection_turn",
]


def fill(*, items: int, overlap: int, people: int, newcomers: int, now: datetime | None = None) -> Study:
    """Write a study with these many items into an empty database, and vacuum it.

    :param people: who did what is done; more than `overlap`, so that nobody meets an item twice.
    :param newcomers: people who have done nothing yet; they come after the others.
    """
    now = now or timezone.now()
    panel = enrolment.open_panel(part=PanelPart.model_validate(PANEL), now=now)
    study = Study.objects.create(slug="crowd", title="Crowd", panel=panel, state=Study.State.OPEN)
    asks = Configuration.model_validate({**STUDY, "overlap": overlap})
    recipe = define_recipe(RecipeDocument(method="imported"))
    study.version = StudyVersion.objects.create(
        study=study, number=1, configuration=asks.canonical(), sha256=asks.sha256(), first_recipe=recipe
    )
    study.save(update_fields=["version"])
    filling = {
        "study": study.pk,
        "version": study.version.pk,
        "panel": panel.pk,
        "recipe": recipe.pk,
        "consent": panel.consent_texts.get().pk,
        "items": items,
        "overlap": overlap,
        "people": people,
        "prompt_words": PROMPT_WORDS,
        "candidate_words": CANDIDATE_WORDS,
        "now": now,
    }
    with connection.cursor() as cursor:
        _run(cursor, filling)
    _let_in(study, newcomers, now=now)
    with connection.cursor() as cursor:
        cursor.execute("vacuum (analyze)")
    return study


def _run(cursor, filling):
    cursor.execute("begin")
    # What is written fits together by how it is made; looking up every key of five million rows takes longer than
    # writing them.
    cursor.execute("set local session_replication_role = replica")
    cursor.execute(HELPERS % filling)
    for statement in STEPS.values():
        cursor.execute(statement, filling)
    for table in TABLES:
        last = sql.SQL("select setval(pg_get_serial_sequence({}, 'id'), (select max(id) from {}))")
        cursor.execute(last.format(sql.Literal(table), sql.Identifier(table)))
    cursor.execute("commit")


def _let_in(study, newcomers, *, now):
    text = study.panel.consent_texts.get()
    for _number in range(newcomers):
        person = Annotator.objects.create(panel=study.panel, language="en", joined_at=now)
        enrolment.consent(annotator=person, text=text, to=PURPOSES, now=now)
        enrolment.answer(annotator=person, answers={"country": random.choice(["us", "in"])}, now=now)


def return_links(study: Study, *, newcomers: int) -> list[str]:
    """Return the tokens by which so many newcomers come back."""
    people = Annotator.objects.filter(panel=study.panel).order_by("-pk")[:newcomers]
    return [enrolment.new_return_link(annotator=person) for person in people]
