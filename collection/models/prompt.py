"""Given prompts, the items made of them, and how many people each item still wants."""

import random
from collections.abc import Sequence

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from collection.configuration import Configuration
from collection.models.study import Study
from sampling.models import CandidateSet


class Prompt(models.Model):
    """A given message that opens a conversation."""

    class Role(models.TextChoices):
        QUESTION = "question", _("question")  # what the study is about
        ATTENTION = "attention", _("attention check")  # says which answer to choose
        PRACTICE = "practice", _("practice")  # before the first task, with a word on it afterwards

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="prompts")
    # The researcher's name for it; unique where given.
    key = models.CharField(max_length=100, blank=True)
    # Ties translations of one prompt: who has seen one has seen all.
    group = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=8)
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    topic = models.CharField(max_length=100, blank=True)
    # Facts: candidates should agree (decision 41). The study may mark whole topics beside: see is_factual.
    factual = models.BooleanField(default=False)
    role = models.CharField(max_length=10, choices=Role, default=Role.QUESTION)
    # The slot of the answer that an attention check asks for, or that practice calls the better one.
    expected_slot = models.PositiveSmallIntegerField(null=True, blank=True)
    # What somebody reads who has done this practice task, in the prompt's language.
    feedback = models.TextField(blank=True)
    source_file = models.CharField(max_length=300, blank=True)
    source_line = models.PositiveIntegerField(null=True, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "language", "text_sha256"], name="a_study_has_a_prompt_once_per_language"
            ),
            models.UniqueConstraint(fields=["study", "key"], condition=~Q(key=""), name="prompt_keys_are_unique"),
            models.CheckConstraint(
                condition=~Q(role="attention") | Q(expected_slot__isnull=False),
                name="an_attention_check_expects_an_answer",
            ),
        ]
        indexes = [
            models.Index(fields=["study", "group"], condition=~Q(group=""), name="prompts_by_group"),
            models.Index(
                fields=["study", "language", "role"],
                condition=~Q(role="question"),
                name="prompts_that_are_no_questions",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    def is_factual(self, asks: Configuration) -> bool:
        """Whether its answers should agree: it is marked itself, or a study that asks this marks its topic."""
        return self.factual or self.topic in asks.prompts.factual_topics


class ItemQuerySet(models.QuerySet["Item"]):
    def assignable(self) -> "ItemQuerySet":
        """Restrict to items whose set is ready and that nobody has reported."""
        return self.filter(frozen_at=None, candidate_set__status=CandidateSet.Status.READY)

    def in_role(self, role: str, *, study: Study, language: str) -> "ItemQuerySet":
        """Restrict to a study's items of one role in one language."""
        return self.filter(prompt__study=study, prompt__language=language, prompt__role=role)


def drawn_key() -> float:
    """Return a new place on the ring of its level, anywhere with equal chance."""
    return random.SystemRandom().random()


class Item(models.Model):
    """A given prompt with its frozen first-turn candidate set: what overlapping annotators share."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="items")
    prompt = models.OneToOneField(Prompt, on_delete=models.CASCADE, related_name="item")
    # None until it is asked for: an imported set is there at once, the others when the study opens.
    candidate_set = models.OneToOneField(
        CandidateSet, on_delete=models.PROTECT, null=True, blank=True, related_name="item"
    )
    # Base of the balanced orders in which the set is shown (decision 36).
    order_seed = models.BigIntegerField()
    # Somebody reported it: not assigned again until a researcher decides (decision 7).
    frozen_at = models.DateTimeField(null=True, blank=True)

    objects = ItemQuerySet.as_manager()

    def __str__(self) -> str:
        return f"item {self.pk}: {self.prompt}"


class OverlapQuerySet(models.QuerySet["Overlap"]):
    def wanting(self) -> "OverlapQuerySet":
        """Restrict to items that want more people."""
        return self.filter(taken__lt=F("wanted"))

    def offered(self) -> "OverlapQuerySet":
        """Restrict to items that are fit to be shown."""
        return self.filter(offered=True)

    def but_for(self, items: Sequence[int]) -> "OverlapQuerySet":
        """Leave out these items; however many they are, to the database it is the same statement."""
        others = "not (collection_overlap.item_id = any(%s::bigint[]))"
        return self.filter(RawSQL(others, [list(items)], output_field=models.BooleanField()))  # noqa: S611 (no part of it comes from outside)


class Overlap(models.Model):
    """How many annotators of one stratum an item wants, and how many places are taken.

    `taken` counts live assignments and accepted first-turn comparisons. It stands beside the tasks it counts, so that
    the next task is found without counting, and is moved only by `collection.assignment`, which keeps both in step.
    """

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="overlaps")
    # Copied from the prompt and the study, so that one index finds the least-filled item; neither ever changes there.
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=8)
    # Empty: everybody.
    stratum = models.CharField(max_length=200, blank=True)
    wanted = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)
    # Orders drawn so far: the place of the next one in its Latin square.
    orders_drawn = models.PositiveIntegerField(default=0)
    # Whether the item's set is ready and nobody has reported it. Noted here, where the index of the draw can see it.
    offered = models.BooleanField(default=False)
    # Place on a ring from 0 to 1 among the items of its level, drawn anew whenever the level changes.
    draw_key = models.FloatField(default=drawn_key)

    objects = OverlapQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "stratum"], name="an_item_wants_each_stratum_once"),
            models.CheckConstraint(condition=Q(taken__lte=F("wanted")), name="overlap_is_never_exceeded"),
        ]
        indexes = [
            models.Index(
                fields=["study", "language", "stratum", "taken", "draw_key"],
                condition=Q(taken__lt=F("wanted"), offered=True),
                name="least_filled_items",
            ),
            models.Index(fields=["study"], condition=Q(offered=False), name="items_not_offered"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.stratum}: {self.taken} of {self.wanted}"
