"""Where people came from: who they are at the panel that sent them, and what that was checked with."""

from datetime import datetime

from django.db import models

from annotators.sources.interface import Arrival


class IdentityQuerySet(models.QuerySet["Identity"]):
    def at(self, *, panel: models.Model, source: str, participant: str) -> "IdentityQuerySet":
        """Restrict to the one person of a panel whom its source knows by this id."""
        return self.filter(panel=panel, source=source, participant=participant)


class Identity(models.Model):
    """Who a person is at the panel that sent them. For coming back and being paid; never published, never in a log."""

    annotator = models.OneToOneField("annotators.Annotator", on_delete=models.CASCADE, related_name="identity")
    panel = models.ForeignKey("annotators.Panel", on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=20)
    participant = models.CharField(max_length=128)
    # Of the last time they came.
    study = models.CharField(max_length=128, blank=True)
    session = models.CharField(max_length=128, blank=True)
    return_url = models.CharField(max_length=1000, blank=True)
    # Whether the source had signed the id when they joined. It stays as it was: what somebody did under an id that
    # anybody can have made up, the owner of the id may not have done.
    verified = models.BooleanField()
    # When a signed id first came. From then on the bare id leads nobody to this person.
    vouched_at = models.DateTimeField(null=True, blank=True)

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(fields=["panel", "source", "participant"], name="an_id_of_a_panel_is_one_person")
        ]

    def __str__(self) -> str:
        # Without the id: this may end in a log.
        return f"{self.source}: {self.annotator_id}"

    @property
    def arrival(self) -> Arrival:
        """Who they are, as the source knows it."""
        return Arrival(
            participant=self.participant,
            study=self.study,
            session=self.session,
            verified=self.verified,
            return_url=self.return_url,
        )

    def came_again(self, arrival: Arrival, *, now: datetime) -> None:
        """Remember what the link said by which they came now."""
        self.study, self.session, self.return_url = arrival.study, arrival.session, arrival.return_url
        if arrival.verified and self.vouched_at is None:
            self.vouched_at = now
        self.save(update_fields=["study", "session", "return_url", "vouched_at"])


class SigningKeys(models.Model):
    """Public keys that are published at an address: the last copy that was good."""

    url = models.CharField(max_length=300, unique=True)
    # By their id, as JWK; empty until they were fetched once.
    keys = models.JSONField(default=dict)
    fetched_at = models.DateTimeField(null=True)
    # Whoever sets it forward fetches them: of all processes one a minute.
    tried_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "signing keys"

    def __str__(self) -> str:
        return self.url


class UsedLink(models.Model):
    """A signed link that was used, hashed, until it could not be used any more anyway."""

    link_hash = models.CharField(max_length=64, unique=True)
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.link_hash[:8]
