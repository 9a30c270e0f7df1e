"""What people are owed: one line for each thing that is paid."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PayEntry(models.Model):
    """What one person is owed for one thing. Amounts go up as more of it turns out to be done, never down."""

    class Reason(models.TextChoices):
        SURVEY = "survey", _("questions about you")  # subject 0: those before the first task; 1: those after the last
        PRACTICE = "practice", _("practice")  # subject: the task
        CONVERSATION = "conversation", _("conversations")  # subject: the task
        WAITING = "waiting", _("waiting for answers")  # subject: the turn
        FAILED_SET = "failed-set", _("answers that could not be written")  # subject: the turn
        SCREENED_OUT = "screened-out", _("coming, though there was no place")  # subject 0

    annotator = models.ForeignKey("annotators.Annotator", on_delete=models.PROTECT, related_name="pay_entries")
    reason = models.CharField(max_length=12, choices=Reason)
    # The key of what it is about, by the reason: 0 where there is one of it only.
    subject = models.BigIntegerField(default=0)
    # How a conversation ended: a code of collection.pay.
    because = models.CharField(max_length=20, blank=True)
    # Turns of a conversation that were compared when this was written: more of them are looked at again.
    turns = models.PositiveSmallIntegerField(default=0)
    amount = models.DecimalField(max_digits=9, decimal_places=2)
    currency = models.CharField(max_length=3)
    # How long it took, as far as that is known; for pay per hour.
    seconds = models.PositiveIntegerField(default=0)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "pay entries"
        constraints = [
            models.UniqueConstraint(
                fields=["annotator", "reason", "subject"], name="one_entry_per_person_reason_and_subject"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="nobody_owes_us_anything"),
        ]

    def __str__(self) -> str:
        return f"{self.annotator_id}: {self.reason} {self.amount} {self.currency}"
