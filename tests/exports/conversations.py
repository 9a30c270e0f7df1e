"""What tests of exports share: conversations as annotators leave them, and datasets written and read back."""

import os
import random
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection
from django.utils import timezone
from pyarrow import dataset as arrow
from pyarrow import parquet

from collection.models import Turn
from exports import dataset
from tests.factories import ComparisonFactory, TaskFactory, TurnFactory

FORMAT = ["community-alignment"]


def talk(
    *,
    study,
    annotator,
    item=None,
    choices=(0,),
    explanations=(),
    messages=(),
    state="completed",
    surplus=False,
    at=None,
):
    """Have a conversation: a choice is the slot of the preferred candidate, "none", or None for a turn not compared."""
    at = at or timezone.now()
    own = {} if item else {"own": True}
    task = TaskFactory(study=study, annotator=annotator, **({"item": item} if item else own))
    for number, choice in enumerate(choices):
        turn = _turn(task, number, choices, messages, at)
        if choice is not None:
            chosen = {"none": True} if choice == "none" else {"slot": choice}
            explanation = explanations[number] if number < len(explanations) else "Because."
            ComparisonFactory(turn=turn, explanation=explanation, recorded_at=at, **chosen)
    task.state, task.surplus = state, surplus
    task.overlap = None if surplus else task.overlap
    task.finished_at = None if state == "open" else at
    task.save()
    return task


def _turn(task, number, choices, messages, at):
    follows = "start" if number == 0 else "rewording" if choices[number - 1] == "none" else "choice"
    said = {"message": messages[number]} if number < len(messages) else {}
    turn = TurnFactory(task=task, follows=follows, **said)
    turn.order = random.sample(range(4), 4)
    turn.recorded_at, turn.shown_at = at - timedelta(seconds=2), at - timedelta(seconds=1)
    turn.save()
    if turn.task.item is None or number:
        turn.candidate_set.canonical_order = random.sample(range(4), 4)
        turn.candidate_set.save()
    return Turn.objects.select_related("candidate_set", "task").get(pk=turn.pk)


def write(study, folder, *, snapshot_at=None, version=None, formats=FORMAT, beside_parquet=("csv",)):
    """Write the study's dataset and return its manifest."""
    return dataset.write(
        study=study,
        wanted=formats,
        beside_parquet=beside_parquet,
        snapshot_at=snapshot_at or timezone.now(),
        version=version,
        folder=folder,
        progress=lambda done, total: None,
    )


def rows(folder, table):
    """Return the lines of a table, as its Parquet file holds them."""
    return parquet.read_table(folder / "data" / f"{table}-00000.parquet").to_pylist()


def lines(folder, table):
    """Return the lines of a table that is written in any number of parts."""
    return arrow.dataset(sorted((folder / "data").glob(f"{table}-*.parquet"))).to_table().to_pylist()


def same_database():
    """Return the environment of another process that is to use the database and the folders of this test."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    data = str(settings.RELEASES_DIR.parent)
    return {**os.environ, "DATABASE_URL": url, "DATA_DIR": data, "DJANGO_SETTINGS_MODULE": "config.settings"}
