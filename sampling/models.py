"""What is shown: recipes, candidate sets, their candidates, and every completion that was tried."""

import statistics
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from sampling.recipe_document import RecipeDocument


class Recipe(models.Model):
    """How a candidate set is made. Never changed: a changed document is another recipe."""

    document = models.JSONField()
    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.document.get('method')} {self.sha256[:8]}"

    @staticmethod
    def known(pk: int) -> "Recipe":
        """Return a recipe, from this process's memory if it was asked for before; only to be read."""
        return _known(pk)

    @cached_property
    def says(self) -> RecipeDocument:
        """The document, parsed."""
        return RecipeDocument.model_validate(self.document)


@lru_cache(maxsize=256)
def _known(pk: int) -> Recipe:
    return Recipe.objects.get(pk=pk)


class Batch(models.Model):
    """Sets that were asked for together, ahead of time, and can be held back together."""

    # While this is set, none of its sets is given to a worker; what is being written is written to its end.
    paused_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"batch {self.pk}"


class CandidateSetQuerySet(models.QuerySet["CandidateSet"]):
    def requested(self) -> "CandidateSetQuerySet":
        return self.filter(status=CandidateSet.Status.REQUESTED)

    def ready(self) -> "CandidateSetQuerySet":
        return self.filter(status=CandidateSet.Status.READY)

    def written_ahead(self) -> "CandidateSetQuerySet":
        """Restrict to sets that were asked for together, ahead of time."""
        return self.filter(batch__isnull=False)

    def silent(self, *, now: datetime) -> "CandidateSetQuerySet":
        """Restrict to sets whose worker let its lease run out."""
        return self.filter(status=CandidateSet.Status.GENERATING, lease_until__lt=now)

    def ask_again(self, *, now: datetime, **changes: Any) -> int:
        """Ask once more for those that failed and were not erased; return how many. `changes` are more columns."""
        # The status is looked at again once the row is locked: of two calls at the same time one finds none.
        failed = CandidateSet.objects.filter(status=CandidateSet.Status.FAILED, pk__in=self.filter(erased_at=None))
        return failed.update(
            status=CandidateSet.Status.REQUESTED,
            failure="",
            failure_detail="",
            claims=0,
            requested_at=now,
            finished_at=None,
            **changes,
        )

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
    # With whom it is held back; nobody holds back a set that somebody waits for.
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True, blank=True, related_name="candidate_sets")
    # Among sets written ahead of time: the lower, the sooner it will be needed.
    rank = models.PositiveIntegerField(default=0)
    # Decides what the method draws itself: voices, answers from a tail, the first of a selection.
    method_seed = models.BigIntegerField(null=True, blank=True)
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
            # What comes next of each batch and recipe, however many wait: sampling.batches.
            models.Index(
                fields=["batch", "recipe", "rank", "requested_at", "id"],
                condition=Q(status="requested", batch__isnull=False, queued_at=None),
                name="sets_written_ahead_next",
            ),
            # Those whose job may be lost; the others that wait ahead of time have none yet.
            models.Index(
                fields=["queued_at"],
                condition=Q(status="requested") & (Q(batch=None) | Q(queued_at__isnull=False)),
                name="sets_that_need_a_job",
            ),
            models.Index(fields=["lease_until"], condition=Q(status="generating"), name="sets_by_lease"),
            models.Index(
                fields=["batch", "finished_at"], condition=Q(batch__isnull=False), name="sets_of_a_batch_that_ended"
            ),
            models.Index(
                fields=["recipe", "-finished_at"], condition=Q(status="ready"), name="sets_by_when_they_were_ready"
            ),
        ]

    def __str__(self) -> str:
        return f"set {self.pk} ({self.status})"

    @property
    def made_by(self) -> Recipe:
        """The recipe, only to be read."""
        return Recipe.known(self.recipe_id)

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
    # What it was asked for: "set", "missing", "ordinary", "one", "comment" …, and for which voice or community.
    purpose = models.CharField(max_length=20)
    condition = models.CharField(max_length=50, blank=True)
    text = models.TextField(blank=True)
    # Where given texts were compared and nothing was written: the natural logarithm of how probable each one was.
    scores = models.JSONField(default=list, blank=True)
    # Empty: used, at least in part. Else the machine-readable reasons, separated by commas.
    rejected = models.CharField(max_length=200, blank=True)
    # The parts it was cut into, in order: for each the list of reasons against it; used where that is empty.
    parts = models.JSONField(default=list, blank=True)
    generator = models.CharField(max_length=40)
    model = models.CharField(max_length=300)
    # The hub's commit, or sha256:… of a local model's weights.
    revision = models.CharField(max_length=100)
    # The adapter with its revision, and the endpoint by its name; empty without.
    adapter = models.CharField(max_length=400, blank=True)
    endpoint = models.CharField(max_length=100, blank=True)
    wording_sha256 = models.CharField(max_length=64, blank=True)
    decoding = models.JSONField(default=dict)
    # Null where the generator honours no seed.
    seed = models.BigIntegerField(null=True, blank=True)
    stop_reason = models.CharField(max_length=20)
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    new_tokens = models.PositiveIntegerField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    # In the currency of the endpoint's prices; null where there are none.
    cost = models.FloatField(null=True, blank=True)
    # How often the request was sent until this answer came.
    sent = models.PositiveSmallIntegerField(default=1)
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
    # The key of the voice or community that it was asked to speak for; what it does speak for is a label.
    condition = models.CharField(max_length=50, blank=True)
    # How probable the model said that it is (verbalized sampling).
    stated_probability = models.FloatField(null=True, blank=True)
    # For imported ones, what the source says; empty: unknown.
    author_kind = models.CharField(max_length=10, choices=AuthorKind, blank=True)
    author = models.CharField(max_length=200, blank=True)
    labels = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["candidate_set", "slot"], name="candidates_are_numbered")]

    def __str__(self) -> str:
        return f"candidate {self.slot} of set {self.candidate_set_id}"


class RawAnswer(models.Model):
    """One answer of a set's first try, fit or not: what the method gives by itself, before any repair (decision 41)."""

    candidate_set = models.ForeignKey(CandidateSet, on_delete=models.CASCADE, related_name="raw_answers")
    place = models.PositiveSmallIntegerField()
    # Tidied, as candidates are.
    text = models.TextField(blank=True)
    completion = models.ForeignKey(Completion, on_delete=models.RESTRICT, related_name="raw_answers")
    # As of a candidate.
    method = models.CharField(max_length=40)
    condition = models.CharField(max_length=50, blank=True)
    # Codes of sampling.reasons; empty: it is in the set.
    faults = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["candidate_set", "place"], name="raw_answers_are_numbered")]

    def __str__(self) -> str:
        return f"raw answer {self.place} of set {self.candidate_set_id}"


class Diversity(models.Model):
    """How far apart the texts of a set are, and how near to what was asked; written together with the set."""

    class Of(models.TextChoices):
        SHOWN = "shown", _("the set as it is shown")  # after repair
        FIRST_TRY = "first-try", _("the first try as it came")  # before repair: fit or not (decision 41)

    candidate_set = models.ForeignKey(CandidateSet, on_delete=models.CASCADE, related_name="diversities")
    of = models.CharField(max_length=10, choices=Of)
    # "character n-grams", or the embedder that the recipe names, model@revision.
    embedder = models.CharField(max_length=400)
    texts = models.PositiveSmallIntegerField()
    # 1 less the cosine, over all pairs; null with fewer than two texts, as the next three.
    mean_distance = models.FloatField(null=True, blank=True)
    # Effective number of different texts: 1 to the number of texts.
    vendi = models.FloatField(null=True, blank=True)
    # Different word pairs among all word pairs of all texts; null where no text has two words.
    distinctness = models.FloatField(null=True, blank=True)
    # Standard deviation of the lengths in characters, divided by their mean.
    length_spread = models.FloatField(null=True, blank=True)
    near_duplicates = models.PositiveSmallIntegerField(default=0)
    # Cosine with the message that is answered: over all texts, and of the farthest.
    relevance = models.FloatField(null=True, blank=True)
    lowest_relevance = models.FloatField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "diversities"
        constraints = [
            models.UniqueConstraint(fields=["candidate_set", "of", "embedder"], name="a_set_is_measured_once_each_way")
        ]

    def __str__(self) -> str:
        return f"diversity of set {self.candidate_set_id} ({self.of})"


class Label(models.Model):
    """What value a text of a set speaks for, according to somebody."""

    candidate_set = models.ForeignKey(CandidateSet, on_delete=models.CASCADE, related_name="labels")
    # Of the tidied text: of a candidate, or of a part of a first try that was not shown.
    text_sha256 = models.CharField(max_length=64)
    # The list of values it was chosen from.
    scheme = models.CharField(max_length=50)
    # Empty: the source could not tell.
    value = models.CharField(max_length=50, blank=True)
    # "researcher", or the judge, model@revision.
    source = models.CharField(max_length=400)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["candidate_set", "text_sha256", "scheme", "source"], name="a_source_labels_a_text_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.scheme}: {self.value} ({self.source})"


class Spending(models.Model):
    """What an endpoint was asked for so far, with what is asked of it at the moment counted at its most."""

    endpoint = models.CharField(max_length=100, unique=True)
    requests = models.PositiveBigIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)
    cost = models.FloatField(default=0)

    class Meta:
        verbose_name_plural = "spendings"

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.requests} requests, {self.tokens} tokens, {self.cost}"
