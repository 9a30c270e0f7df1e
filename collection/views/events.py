"""Event streams: pages that wait are told, instead of asking again and again.

Under one prefix, /events/, so that the web server can give them to a handler that keeps no thread for each.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.http import require_GET

from annotators.access import annotator_of
from collection.following import LOOKOUT, Stand
from collection.models import Turn
from collection.views.task_page import waiting_context
from sampling.models import CandidateSet

OVER = (CandidateSet.Status.READY, CandidateSet.Status.FAILED)
RETRY_MILLISECONDS = 1000


@dataclass(frozen=True)
class Waits:
    """A page that waits: whose, for which set, and what it can be told."""

    person: int
    candidate_set: int
    stand: Stand
    words: dict[str, Any]
    language: str


@require_GET
async def turn_events(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Tell a page, as it happens, how far the candidates of its turn are; for the annotator of the turn alone."""
    waits = await sync_to_async(_waits)(request, pk)
    if not isinstance(request, ASGIRequest):
        # A server that would keep a thread for it. The page asks again and again itself.
        return HttpResponse(status=503)
    await sync_to_async(_let_go_of_the_connection)()
    if waits.stand[0] in OVER:
        # To a browser: there is nothing to follow, and no need to come back.
        return HttpResponse(status=204)
    if not LOOKOUT.has_room_for(waits.person):
        return HttpResponse(status=503)
    # A proxy that collects what it passes on would keep all of it until the end.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(_events(waits), content_type="text/event-stream", headers=headers)


def _waits(request: HttpRequest, pk: int) -> Waits:
    annotator = annotator_of(request)
    if annotator is None:
        raise Http404
    mine = Turn.objects.of(annotator).select_related("candidate_set__recipe")
    turn = get_object_or_404(mine, pk=pk)
    said = waiting_context(turn)
    stand = (turn.candidate_set.status, 0 if said["being_written"] else said["ahead"] + 1)
    return Waits(annotator.pk, turn.candidate_set_id, stand, said, translation.get_language() or "en")


def _let_go_of_the_connection() -> None:
    # Looked up here, in the thread whose connection it is.
    connection.close()


async def _events(waits: Waits) -> AsyncIterator[str]:
    yield f"retry: {RETRY_MILLISECONDS}\n\n" + _progress(waits, waits.stand)
    async for stand in LOOKOUT.follow(waits.candidate_set, person=waits.person, known=waits.stand):
        if stand is None:
            # A line that browsers leave out, by which a connection that is gone is noticed.
            yield ":\n\n"
        elif stand[0] in OVER:
            yield _event("over", stand[0])
            return
        else:
            yield _progress(waits, stand)


def _progress(waits: Waits, stand: Stand) -> str:
    status, position = stand
    being_written = status == CandidateSet.Status.GENERATING
    words = {**waits.words, "being_written": being_written, "ahead": max(0, position - 1)}
    with translation.override(waits.language):
        return _event("progress", render_to_string("collection/annotating/_waiting_words.html", words))


def _event(name: str, data: str) -> str:
    lines = "".join(f"data: {line.strip()}\n" for line in data.splitlines() if line.strip())
    return f"event: {name}\n{lines}\n"
