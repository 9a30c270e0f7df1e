"""Studies: what is asked of a panel, in numbered versions."""

from functools import lru_cache

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.models import User as AuthUser
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from annotators.models import Panel
from collection.configuration import Configuration
from sampling.models import Batch, Recipe

User = AuthUser | AnonymousUser


class StudyQuerySet(models.QuerySet["Study"]):
    def visible_to(self, user: User) -> "StudyQuerySet":
        """Restrict to studies this researcher works on; an administrator works on all."""
        if not user.is_authenticated:
            return self.none()
        return self if user.is_superuser else self.filter(researchers=user)

    def open(self) -> "StudyQuerySet":
        return self.filter(state=Study.State.OPEN)

    def real(self) -> "StudyQuerySet":
        """Leave out dry runs."""
        return self.filter(origin=Panel.Origin.REAL)

    def for_panel(self, panel: Panel) -> "StudyQuerySet":
        return self.filter(panel=panel)


class Study(models.Model):
    """What is asked of a panel."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")  # being written; only researchers see it
        OPEN = "open", _("open")  # gives tasks
        PAUSED = "paused", _("paused")  # gives no new tasks; whoever is in one may finish it
        CLOSED = "closed", _("closed")  # over; nothing changes but withdrawals

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=200)
    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="studies")
    # That of its panel (a_study_and_its_panel_have_one_origin, in the migrations).
    origin = models.CharField(
        max_length=8, choices=Panel.Origin, default=Panel.Origin.REAL, db_default=Panel.Origin.REAL
    )
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    # The version in force. Null only between the two inserts that make a study.
    version = models.ForeignKey("StudyVersion", on_delete=models.PROTECT, null=True, related_name="+")
    # The first-turn sets of its prompts, written ahead of time; None until some are asked for.
    batch = models.OneToOneField(Batch, on_delete=models.PROTECT, null=True, blank=True, related_name="study")
    researchers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="studies", blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = StudyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.title

    @property
    def is_dry_run(self) -> bool:
        """Whether simulated people work in it: a copy of another study."""
        return self.origin == Panel.Origin.DRY_RUN

    @property
    def terms(self) -> "StudyVersion":
        """The version in force, with its recipes; only to be read."""
        assert self.version_id is not None
        return StudyVersion.known(self.version_id)

    @property
    def asks(self) -> Configuration:
        """The configuration in force."""
        return self.terms.asks


class StudyVersion(models.Model):
    """One configuration of a study. Never changed; a task remembers under which it was given."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    configuration = models.JSONField()
    sha256 = models.CharField(max_length=64)
    first_recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, related_name="+")
    # None: a task has exactly one turn.
    later_recipe = models.ForeignKey(Recipe, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "number"], name="versions_of_a_study_are_numbered")]

    def __str__(self) -> str:
        return f"{self.study} v{self.number}"

    @staticmethod
    def known(pk: int) -> "StudyVersion":
        """Return a version with its recipes, from this process's memory if it was asked for before; only to be read.

        It is never changed, and no other one gets its key, so what was read once holds.
        """
        return _known(pk)

    @cached_property
    def asks(self) -> Configuration:
        """The configuration, parsed."""
        return Configuration.model_validate(self.configuration)

    def live_recipe(self, *, opening: bool) -> Recipe | None:
        """Return how a set is written while somebody waits, or none if this version cannot.

        Opening sets that came imported have nobody to write another one: the recipe of later turns does.
        """
        if opening and self.first_recipe.says.generates:
            return self.first_recipe
        return self.later_recipe


@lru_cache(maxsize=256)
def _known(pk: int) -> StudyVersion:
    return StudyVersion.objects.select_related("first_recipe", "later_recipe").get(pk=pk)
