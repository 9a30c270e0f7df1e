"""What is shown: recipes, candidate sets, their candidates, and every completion that was tried."""

import statistics
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sampling.recipe_document import RecipeDocument


class Recipe(models.Model):
    """How a candidate set is made. Never changed: a changed document is another recipe."""

    document = models.JSONField()
    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.document.get('method')} {self.sha256[:8]}"

    @property
    def says(self) -> RecipeDocument:
        """The document, parsed."""
        return RecipeDocument.model_validate(self.document)


class CandidateSetQuerySet(models.QuerySet["CandidateSet"]):
    def requested(self) -> "CandidateSetQuerySet":
        return self.filter(status=CandidateSet.Status.REQUESTED)

    def ready(self) -> "CandidateSetQuerySet":
        return self.filter(status=CandidateSet.Status.READY)

    def silent(self, *, now: datetime) -> "CandidateSetQuerySet":
        """Restrict to sets whose worker let its lease run out."""
        return self.filter(status=CandidateSet.Status.GENERATING, lease_until__lt=now)

    def typical_seconds(self, recipe_id: int) -> float | None:
        """Return the median time from request to end of a recipe's latest sets that somebody waited for, if any."""
        latest = self.filter(recipe=recipe_id, urgent=True).order_by("-finished_at")
        times = latest.values_list("requested_at", "finished_at")[:20]
        seconds = [(finished - requested).total_seconds() for requested, finished in times if finished]
        return statistics.median(seconds) if seconds else None

    def held_with(self, token: str) -> "CandidateSetQuerySet":
        """Restrict to the set that is claimed with this token, if the claim still stands."""
        return self.filter(status=CandidateSet.Status.GENERATING, token=token)


class CandidateSet(models.Model):
    """The k candidates for one conversation so far, with everything that produced them; frozen once shown."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("waiting")  # a worker may claim it
        GENERATING = "generating", _("being written")  # claimed: token and lease say by whom and how long
        READY = "ready", _("ready")  # exactly k fit candidates
        FAILED = "failed", _("failed")  # no fit set came out; `failure` says why

    recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, related_name="candidate_sets")
    # A frozen copy of the input, in the shape chat models take: [{"role": …, "content": …}, …]. Emptied on erasure.
    messages = models.JSONField()
    language = models.CharField(max_length=8)
    # Facts: answers that agree are no fault (decision 41).
    factual = models.BooleanField(default=False)
    status = models.CharField(max_length=12, choices=Status, default=Status.REQUESTED)
    # Somebody waits for this set; the others are written ahead of time.
    urgent = models.BooleanField(default=False)
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=200, blank=True)
    # How often a worker has begun: claims, not completions.
    claims = models.PositiveSmallIntegerField(default=0)
    # Tokens written so far under the claim that stands, as its worker last reported.
    decoded_tokens = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=40, blank=True)
    failure_detail = models.TextField(blank=True)
    requested_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    # The one order in which every wide file lists this set: slots as generated, shuffled once (decision 36).
    canonical_order = models.JSONField(null=True, blank=True)
    canonical_seed = models.BigIntegerField(null=True, blank=True)
    # What was noticed and let pass, as codes of sampling.reasons: "alike" under a recipe that flags it.
    remarks = models.JSONField(default=list, blank=True)
    # Where an imported set came from; a generated one has none of these.
    source_file = models.CharField(max_length=300, blank=True)
    source_sha256 = models.CharField(max_length=64, blank=True)
    source_line = models.PositiveIntegerField(null=True, blank=True)

    objects = CandidateSetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="generating") | Q(token__isnull=False, lease_until__isnull=False),
                name="a_set_being_written_has_a_token_and_a_lease",
            ),
            models.CheckConstraint(
                condition=~Q(status="ready") | Q(canonical_order__isnull=False),
                name="a_ready_set_has_a_canonical_order",
            ),
            models.CheckConstraint(condition=~Q(status="failed") | ~Q(failure=""), name="a_failed_set_says_why"),
        ]
        indexes = [
            models.Index(
                fields=["-urgent", "requested_at"], condition=Q(status="requested"), name="sets_that_wait_for_a_worker"
            ),
            models.Index(fields=["lease_until"], condition=Q(status="generating"), name="sets_by_lease"),
            models.Index(
                fields=["recipe", "-finished_at"], condition=Q(status="ready"), name="sets_by_when_they_were_ready"
            ),
        ]

    def __str__(self) -> str:
        return f"set {self.pk} ({self.status})"

    @property
    def is_ready(self) -> bool:
        return self.status == self.Status.READY

    @property
    def has_failed(self) -> bool:
        return self.status == self.Status.FAILED


class Completion(models.Model):
    """One answer of a generator, as it came, accepted or not. Every one is kept."""

    candidate_set = models.ForeignKey(CandidateSet, on_delete=models.CASCADE, related_name="completions")
    number = models.PositiveSmallIntegerField()
    # What it was asked for: "set", "missing", "ordinary", "one".
    purpose = models.CharField(max_length=20)
    text = models.TextField(blank=True)
    # Empty: used, at least in part. Else the machine-readable reasons, separated by commas.
    rejected = models.CharField(max_length=200, blank=True)
    # The parts it was cut into, in order: for each the list of reasons against it; used where that is empty.
    parts = models.JSONField(default=list, blank=True)
    generator = models.CharField(max_length=40)
    model = models.CharField(max_length=300)
    # The hub's commit, or sha256:… of a local model's weights.
    revision = models.CharField(max_length=100)
    wording_sha256 = models.CharField(max_length=64, blank=True)
    decoding = models.JSONField(default=dict)
    # Null where the generator honours no seed.
    seed = models.BigIntegerField(null=True, blank=True)
    stop_reason = models.CharField(max_length=20)
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    new_tokens = models.PositiveIntegerField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    worker = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["candidate_set", "number"], name="completions_are_numbered"),
        ]

    def __str__(self) -> str:
        return f"completion {self.number} of set {self.candidate_set_id}"


class Candidate(models.Model):
    """One answer of a set."""

    class AuthorKind(models.TextChoices):
        PERSON = "person", _("a person")
        MODEL = "model", _("a model")

    candidate_set = models.ForeignKey(CandidateSet, on_delete=models.CASCADE, related_name="candidates")
    # The place in which it was generated or imported; never the place in which somebody saw it.
    slot = models.PositiveSmallIntegerField()
    text = models.TextField()
    # The completion it was cut from; none for imported candidates.
    completion = models.ForeignKey(
        Completion, on_delete=models.RESTRICT, null=True, blank=True, related_name="candidates"
    )
    # "negatively-correlated", "ordinary", "imported" …: how this one came about (a 3+1 set mixes them).
    method = models.CharField(max_length=40)
    # For imported ones, what the source says; empty: unknown.
    author_kind = models.CharField(max_length=10, choices=AuthorKind, blank=True)
    author = models.CharField(max_length=200, blank=True)
    labels = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["candidate_set", "slot"], name="candidates_are_numbered")]

    def __str__(self) -> str:
        return f"candidate {self.slot} of set {self.candidate_set_id}"
