"""What programs that annotate send and get, field by field."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from collection import assignment, conversation
from collection.conversation import NONE, STRENGTHS, AlsoSaid, Step
from collection.models import Comparison, Draft, Task, Turn


@extend_schema_field({"oneOf": [{"type": "integer", "minimum": 0}, {"type": "string", "enum": [NONE]}]})
class PlaceField(serializers.Field):
    """A candidate's place on this annotator's screen, from 0, or "none"."""

    def to_internal_value(self, data: Any) -> int | str:
        if data == NONE or (isinstance(data, int) and not isinstance(data, bool)):
            return data
        raise serializers.ValidationError('must be a whole number or "none"')

    def to_representation(self, value: int | str) -> int | str:
        return value


class MessageIn(serializers.Serializer[Any]):
    """The opening prompt, the next message, or the same thing in other words."""

    message = serializers.CharField(allow_blank=True, trim_whitespace=False)
    idempotency_key = serializers.UUIDField(help_text="Made by the program; the same key again is the same message.")


class ComparisonIn(serializers.Serializer[Any]):
    """The choice made in a turn, with its explanation."""

    choice = PlaceField()
    explanation = serializers.CharField(allow_blank=True, trim_whitespace=False, default="")
    strength = serializers.ChoiceField(choices=STRENGTHS, default=None, allow_null=True)
    acceptable = serializers.ListField(
        child=serializers.ChoiceField(choices=["yes", "no", ""]), default=list, help_text="By place on the screen."
    )
    better = serializers.CharField(allow_blank=True, trim_whitespace=False, default="")
    idempotency_key = serializers.UUIDField(help_text="Made by the program; the same key again is the same comparison.")

    def validated(self) -> dict[str, Any]:
        """Return what the rule takes; what the study does not ask for, it leaves out."""
        self.is_valid(raise_exception=True)
        said = dict(self.validated_data)
        also = AlsoSaid(**{name: said.pop(name) for name in ("strength", "acceptable", "better")})
        return {**said, "also": also}


class DraftIn(serializers.Serializer[Any]):
    """What was typed or picked so far; a part that is left out stays as it is."""

    message = serializers.CharField(allow_blank=True, trim_whitespace=False, required=False)
    explanation = serializers.CharField(allow_blank=True, trim_whitespace=False, required=False)
    choice = PlaceField(required=False)
    turn_number = serializers.IntegerField(
        required=False, help_text="The turn that was on the screen, 0 before the first."
    )


class DraftOut(serializers.Serializer[Any]):
    kept = serializers.BooleanField(help_text="False if what it drafts was sent already.")


class RefusalOut(serializers.Serializer[Any]):
    reason = serializers.CharField(help_text="Why not, for programs: task-is-over, too-short …")
    faults = serializers.DictField(required=False, help_text="What is wrong with which field, where reason is invalid.")


class TurnOut(serializers.ModelSerializer[Turn]):
    """One turn. Candidates are there once all of them are, in the order that is this annotator's alone."""

    candidates = serializers.SerializerMethodField()
    choice = serializers.SerializerMethodField()
    explanation = serializers.SerializerMethodField()

    class Meta:
        model = Turn
        fields = ["id", "number", "message", "candidates", "choice", "explanation"]

    def get_candidates(self, turn: Turn) -> list[str] | None:
        return [candidate.text for candidate in turn.candidates_in_order()] if turn.candidate_set.is_ready else None

    @extend_schema_field(PlaceField(allow_null=True))
    def get_choice(self, turn: Turn) -> int | str | None:
        if not turn.is_compared:
            return None
        return NONE if turn.chosen is None else turn.order.index(turn.chosen.slot)

    def get_explanation(self, turn: Turn) -> str | None:
        comparison: Comparison | None = getattr(turn, "comparison", None)
        return comparison.explanation if comparison else None


class ProgressOut(serializers.Serializer[assignment.Progress]):
    done = serializers.IntegerField()
    of = serializers.IntegerField()


class DraftKeptOut(serializers.ModelSerializer[Draft]):
    class Meta:
        model = Draft
        fields = ["message", "explanation", "choice"]


class TaskOut(serializers.ModelSerializer[Task]):
    """One conversation, and what it asks of its annotator now."""

    study = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    language = serializers.CharField(source="annotator.language")
    step = serializers.SerializerMethodField()
    can_end = serializers.SerializerMethodField()
    last_turn = serializers.SerializerMethodField(help_text="The task is completed once the current turn is compared.")
    turns = TurnOut(many=True, source="turns_so_far")
    draft = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()

    class Meta:
        model = Task
        fields = [
            "id",
            "study",
            "language",
            "step",
            "can_end",
            "last_turn",
            "lease_until",
            "turns",
            "draft",
            "progress",
        ]

    @extend_schema_field(serializers.ChoiceField(choices=[each.value for each in Step]))
    def get_step(self, task: Task) -> str:
        return conversation.step(task).value

    def get_can_end(self, task: Task) -> bool:
        return conversation.can_end(task)

    def get_last_turn(self, task: Task) -> bool:
        return task.current_turn is not None and conversation.is_last_turn(task.current_turn)

    @extend_schema_field(DraftKeptOut(allow_null=True))
    def get_draft(self, task: Task) -> Any:
        draft = Draft.objects.filter(task=task).first()
        return DraftKeptOut(draft).data if draft else None

    @extend_schema_field(ProgressOut)
    def get_progress(self, task: Task) -> Any:
        return ProgressOut(assignment.progress(task.annotator)).data
