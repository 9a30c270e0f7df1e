"""Programs that annotate: the same next, draft and submit as in the browser, as JSON."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotators.api_access import AnnotatorSession, IsAnnotator
from annotators.models import Annotator
from collection import assignment, conversation, typed
from collection.api_schema import ComparisonIn, DraftIn, DraftOut, MessageIn, RefusalOut, TaskOut
from collection.models import Task, Turn

REFUSALS = {code: OpenApiResponse(RefusalOut) for code in (400, 403, 404, 409, 422)}

# What does not fit what was asked for; every other refusal is a matter of the moment.
UNFIT = (conversation.ChoiceNotOffered, conversation.NoneNotAllowed, conversation.ExplanationMissing)


def refusal(error: Exception, _context: Any) -> Response | None:
    """Answer an exception of the rules with its reason. None: nobody foresaw it."""
    match error:
        case assignment.NoTaskAvailable():
            return Response({"reason": "no-task-available"}, status=status.HTTP_404_NOT_FOUND)
        case assignment.NotAdmitted():
            return Response({"reason": error.needs}, status=status.HTTP_409_CONFLICT)
        case typed.TextRefused():
            return Response({"reason": error.reason}, status=status.HTTP_422_UNPROCESSABLE_ENTITY)
        case conversation.Refused():
            unfit = isinstance(error, UNFIT)
            code = status.HTTP_422_UNPROCESSABLE_ENTITY if unfit else status.HTTP_409_CONFLICT
            return Response({"reason": error.reason}, status=code)
        case Http404():
            return Response({"reason": "not-found"}, status=status.HTTP_404_NOT_FOUND)
        case exceptions.ValidationError():
            return Response({"reason": "invalid", "faults": error.detail}, status=status.HTTP_400_BAD_REQUEST)
        case exceptions.APIException():
            return Response({"reason": str(error.default_code).replace("_", "-")}, status=error.status_code)
    return None


class AnnotatorView(APIView):
    """A view for the annotator of this session; others are refused, and what the rules refuse is told as JSON."""

    authentication_classes = [AnnotatorSession]
    permission_classes = [IsAnnotator]

    def get_exception_handler(self) -> Any:
        return refusal

    @property
    def annotator(self) -> Annotator:
        return self.request.auth  # type: ignore[return-value]

    def tasks(self) -> QuerySet[Task]:
        """The annotator's own tasks; anybody else's are not found."""
        return Task.objects.of(self.annotator).select_related("study", "version", "annotator__panel")

    def answer_with(self, pk: int) -> Response:
        """Answer with a task as it is now."""
        task = self.tasks().get(pk=pk)
        turn = task.current_turn
        if turn and turn.candidate_set.has_failed and conversation.retry(turn=turn, by_itself=True, now=timezone.now()):
            task = self.tasks().get(pk=pk)
        if conversation.step(task) == conversation.Step.COMPARE and task.current_turn:
            conversation.mark_shown(turn=task.current_turn, now=timezone.now())
        return Response(TaskOut(task).data)


def checked(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    """Return what was sent, parsed."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class NextView(AnnotatorView):
    @extend_schema(operation_id="next", request=None, responses={200: TaskOut, **REFUSALS})
    def post(self, request: Request) -> Response:
        """Get the open task, or a new one. Calling again gets the same task, with candidates once they are there."""
        return self.answer_with(assignment.next_task(annotator=self.annotator, now=timezone.now()).pk)


class DraftView(AnnotatorView):
    @extend_schema(operation_id="draft", request=DraftIn, responses={200: DraftOut, **REFUSALS})
    def put(self, request: Request, pk: int) -> Response:
        """Keep what was typed so far."""
        task = get_object_or_404(self.tasks(), pk=pk)
        draft = checked(DraftIn(data=request.data))
        draft |= {"choice": str(draft["choice"])} if "choice" in draft else {}
        return Response({"kept": conversation.save_draft(task=task, now=timezone.now(), **draft)})


class MessageView(AnnotatorView):
    @extend_schema(operation_id="message", request=MessageIn, responses={200: TaskOut, **REFUSALS})
    def post(self, request: Request, pk: int) -> Response:
        """Send a message and ask for its candidates."""
        task = get_object_or_404(self.tasks(), pk=pk)
        conversation.send_message(task=task, now=timezone.now(), **checked(MessageIn(data=request.data)))
        return self.answer_with(task.pk)


class ComparisonView(AnnotatorView):
    @extend_schema(operation_id="comparison", request=ComparisonIn, responses={200: TaskOut, **REFUSALS})
    def post(self, request: Request, pk: int) -> Response:
        """Submit the choice made in a turn."""
        turn = get_object_or_404(Turn.objects.of(self.annotator).select_related("task"), pk=pk)
        conversation.compare(turn=turn, now=timezone.now(), **ComparisonIn(data=request.data).validated())
        return self.answer_with(turn.task_id)
