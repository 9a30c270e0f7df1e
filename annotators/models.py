"""Who answers: panels, invitations, people under pseudonyms, their consent and their survey answers."""

import secrets
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotators.identities import Identity as Identity
from annotators.identities import SigningKeys as SigningKeys
from annotators.identities import UsedLink as UsedLink
from annotators.judgements import Appeal as Appeal
from annotators.judgements import StandingChange as StandingChange
from annotators.ledger import PayEntry as PayEntry
from annotators.panel_file import PanelPart
from annotators.purposes import PURPOSES
from annotators.survey import Question, Survey
from annotators.values_file import ValuesPart

# No letters or digits that are mistaken for each other when read aloud.
PSEUDONYM_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_pseudonym() -> str:
    """Return a random pseudonym; it says nothing about the person or when they came."""
    return "".join(secrets.choice(PSEUDONYM_ALPHABET) for _ in range(10))


class Panel(models.Model):
    """People recruited in one place, with the consent text and the survey that hold for them."""

    class Origin(models.TextChoices):
        REAL = "real", _("real")  # people
        DRY_RUN = "dry-run", _("dry run")  # simulated people, in a copy of a real panel

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    # Waves have disjoint annotators: a published column.
    wave = models.PositiveSmallIntegerField(default=1)
    # The panel's part of the study file, checked by annotators.panel_file.
    definition = models.JSONField()
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.REAL, db_default=Origin.REAL)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # What belongs to a panel repeats its origin in a key to both: nothing simulated gets into a real one.
            models.UniqueConstraint(fields=["id", "origin"], name="a_panel_has_one_origin")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def part(self) -> PanelPart:
        """The panel's part of the study file, parsed."""
        return PanelPart.model_validate(self.definition)

    @property
    def survey(self) -> Survey:
        """The panel's questions, in order; those of its questionnaire on values come last."""
        survey = Survey.model_validate({"questions": self.definition.get("survey", [])})
        if values := self.definition.get("values"):
            return Survey(questions=[*survey.questions, *ValuesPart.model_validate(values).questions()])
        return survey


class ConsentText(models.Model):
    """One version of what people agree to, in one language."""

    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="consent_texts")
    version = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    text = models.TextField(help_text=_("Markdown"))
    # Under which published answers may be used; empty: the text alone says it.
    licence = models.CharField(max_length=100, blank=True)
    # What is shown beside the text: controller, ethics, retention.
    facts = models.JSONField(default=dict, blank=True)
    # The latest version of a panel is the one in force.
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["panel", "version", "language"], name="one_consent_text_per_version_and_language"
            )
        ]

    def __str__(self) -> str:
        return f"{self.panel} {self.version} ({self.language})"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def with_token(self, token: str) -> "InvitationQuerySet":
        """Restrict to the invitation that this link opens."""
        from annotators.tokens import hashed

        return self.filter(token_hash=hashed(token))

    def usable(self, *, now: datetime) -> "InvitationQuerySet":
        """Restrict to invitations that still let somebody in."""
        open_ended = Q(expires_at=None) | Q(expires_at__gt=now)
        free = Q(limit=None) | Q(used__lt=models.F("limit"))
        return self.filter(open_ended, free, revoked_at=None)


class Invitation(models.Model):
    """A link that lets people into a panel: one person, some, or anyone who has it."""

    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=100, blank=True, help_text=_("For researchers: where the link was sent."))
    language = models.CharField(max_length=8)
    # Survey answers that the link settles, such as the country it was sent to.
    answers = models.JSONField(default=dict, blank=True)
    limit = models.PositiveIntegerField(null=True, blank=True, help_text=_("How many people; empty: any number."))
    used = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(limit=None) | Q(used__lte=models.F("limit")), name="an_invitation_lets_in_at_most_its_limit"
            )
        ]

    def __str__(self) -> str:
        return f"{self.panel}: {self.label or self.language}"

    def unusable_because(self, *, now: datetime) -> str | None:
        """Return why this link lets nobody in (revoked, expired, used), or nothing if it does."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "used" if self.limit is not None and self.used >= self.limit else None


class AnnotatorQuerySet(models.QuerySet["Annotator"]):
    def with_return_token(self, token: str) -> "AnnotatorQuerySet":
        """Restrict to the person whose return link this is."""
        from annotators.tokens import hashed

        return self.filter(return_token_hash=hashed(token))

    def with_attempt(self, invitation_hash: str, attempt: str) -> "AnnotatorQuerySet":
        """Restrict to the person whom this attempt let in by this invitation."""
        from annotators.tokens import attempt_hash

        return self.filter(attempt_hash=attempt_hash(invitation_hash, attempt))

    def one_at_a_time(self, *, skip_busy: bool = False) -> "AnnotatorQuerySet":
        """Lock these people until the transaction ends; with `skip_busy`, only those whom nobody else has locked.

        Whatever one person does (a double click, a second tab, a retry, a sweep of their overdue task) happens one
        after the other behind this lock. It comes before every lock on what they share with others, so that no two
        transactions wait for each other.
        """
        return self.select_for_update(no_key=True, skip_locked=skip_busy)

    def still_here(self) -> "AnnotatorQuerySet":
        """Restrict to people to whom pages are open: also who is stopped, to read why and what they are owed."""
        gone = Annotator.Standing.SCREENED_OUT, Annotator.Standing.LEFT, Annotator.Standing.WITHDRAWN
        return self.exclude(standing__in=gone)

    def consenting(self) -> "AnnotatorQuerySet":
        """Restrict to people whose consent stands at this moment."""
        return self.filter(models.Exists(Consent.objects.in_force().filter(annotator=models.OuterRef("pk"))))

    def agreeing_to(self, purpose: str) -> "AnnotatorQuerySet":
        """Restrict to people whose consent in force has this tick."""
        given = Consent.objects.in_force().filter(annotator=models.OuterRef("pk"), **{purpose: True})
        return self.filter(models.Exists(given))

    def publishable(self, *, licence: str) -> "AnnotatorQuerySet":
        """Restrict to people who agree at this moment that their answers are published under this licence."""
        return self.filter(models.Exists(Consent.objects.to_publish(licence).filter(annotator=models.OuterRef("pk"))))


class Annotator(models.Model):
    """One person in one panel: a pseudonym, never a name."""

    class Standing(models.TextChoices):
        ACTIVE = "active", _("active")  # may work
        PAUSED = "paused", _("paused")  # gets no new tasks; what they are in, they may finish
        ENDED = "ended", _("ended")  # a researcher ended their part; what they did stands and is paid
        SCREENED_OUT = "screened-out", _("screened out")  # there was no place for them; nothing is kept about them
        LEFT = "left", _("left")  # takes no further part; what they did until then is kept
        WITHDRAWN = "withdrawn", _("withdrawn")  # left; their data leaves every later release

    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="annotators")
    # Whether this is a simulated person. Together with the panel it is a key to the panel and its origin
    # (simulated_people_stay_out_of_real_panels, in the migrations).
    panel_origin = models.CharField(
        max_length=8, choices=Panel.Origin, default=Panel.Origin.REAL, db_default=Panel.Origin.REAL
    )
    pseudonym = models.CharField(max_length=20, unique=True, default=new_pseudonym)
    invitation = models.ForeignKey(
        Invitation, on_delete=models.PROTECT, null=True, blank=True, related_name="annotators"
    )
    language = models.CharField(max_length=8, help_text=_("Language of their tasks and, at first, of the pages."))
    standing = models.CharField(max_length=12, choices=Standing, default=Standing.ACTIVE)
    # Empty once revoked. The token itself is shown to the person and kept nowhere.
    return_token_hash = models.CharField(max_length=64, blank=True, db_index=True)
    # What their browser called its attempt to join, hashed: the same attempt again, after a lost answer or a double
    # click, is the same person. Empty: not told, or withdrawn.
    attempt_hash = models.CharField(max_length=64, blank=True)
    joined_at = models.DateTimeField(default=timezone.now)
    # Where among their tasks the questions come that are asked at a random place: 0 before the first one, 1 after the
    # last. None: not drawn, so they come after the last one.
    survey_at = models.FloatField(null=True, blank=True)
    # When they got their place in the panel's quotas; a panel without quotas has a place for everybody.
    admitted_at = models.DateTimeField(null=True, blank=True)
    # Until when the place is kept for who has not begun a task; none once they have.
    place_until = models.DateTimeField(null=True, blank=True)
    # Browsers that were let in before this are nobody's any more.
    signed_out_at = models.DateTimeField(null=True, blank=True)

    objects = AnnotatorQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["return_token_hash"],
                condition=~Q(return_token_hash=""),
                name="a_return_link_leads_to_one_person",
            ),
            models.UniqueConstraint(
                fields=["attempt_hash"], condition=~Q(attempt_hash=""), name="an_attempt_to_join_makes_one_person"
            ),
        ]
        indexes = [
            models.Index(fields=["place_until"], condition=Q(place_until__isnull=False), name="places_that_can_expire")
        ]

    def __str__(self) -> str:
        return self.pseudonym

    def locked(self) -> "Annotator":
        """Lock this person (see `one_at_a_time`) and return them as they are now, with the panel read before."""
        person = Annotator.objects.one_at_a_time().get(pk=self.pk)
        person.panel = self.panel
        return person

    @property
    def may_finish(self) -> bool:
        """Whether they may go on with what they have begun."""
        return self.standing in {self.Standing.ACTIVE, self.Standing.PAUSED}

    @property
    def is_stopped(self) -> bool:
        """Whether a rule or a researcher gives them no new tasks."""
        return self.standing in {self.Standing.PAUSED, self.Standing.ENDED}

    def answers(self) -> dict[str, str]:
        """Return this person's survey answers by question."""
        return dict(self.survey_answers.values_list("question", "value"))

    def open_questions(self, stage: str) -> list[Question]:
        """Return the questions of a stage that this person can answer now and has not answered."""
        questions = self.panel.survey.open_questions(self.answers(), stage=stage)
        if any(question.sensitive for question in questions) and not self.agrees_to("sensitive"):
            return [question for question in questions if not question.sensitive]
        return questions

    def agrees_to(self, purpose: str) -> bool:
        """Whether the person's consent in force has this tick."""
        return self.consents.in_force().filter(**{purpose: True}).exists()


class ConsentQuerySet(models.QuerySet["Consent"]):
    def in_force(self) -> "ConsentQuerySet":
        """Restrict to what people agree to at this moment: each to one text at most."""
        return self.filter(withdrawn_at=None, replaced_at=None)

    def to_publish(self, licence: str) -> "ConsentQuerySet":
        """Restrict to consents in force to publish under this licence."""
        return self.in_force().filter(publication=True, text__licence__in=["", licence])


class Consent(models.Model):
    """What a person accepted, when, in which version and language, and what beside taking part (decision 54)."""

    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="consents")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="consents")
    # The ticks have no default: whoever writes a consent says what was ticked.
    sensitive = models.BooleanField()  # answers to sensitive questions are kept
    publication = models.BooleanField()  # answers are published under the licence of the text
    verbatim = models.BooleanField()  # so are the person's own texts, word for word
    training = models.BooleanField()  # models may learn from it
    accepted_at = models.DateTimeField()
    # Another one took its place: a new version of the text, or other ticks.
    replaced_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["annotator"],
                condition=Q(withdrawn_at=None, replaced_at=None),
                name="one_consent_in_force_each",
            )
        ]

    def __str__(self) -> str:
        return f"{self.annotator} {self.text}"

    @property
    def ticks(self) -> dict[str, bool]:
        """Which purposes the person agreed to beside taking part."""
        return {purpose: getattr(self, purpose) for purpose in PURPOSES}


class SurveyAnswer(models.Model):
    """What a person said about themselves."""

    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="survey_answers")
    question = models.SlugField()
    # The key of an option, or a number or text as typed; empty: preferred not to say.
    value = models.CharField(max_length=500, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["annotator", "question"], name="a_survey_question_is_answered_once")
        ]

    def __str__(self) -> str:
        return f"{self.annotator}: {self.question}"


class CheckOutcome(models.Model):
    """What came of a practice task, an attention check or a repeat. No verdict: people err, and change their minds."""

    class Kind(models.TextChoices):
        PRACTICE = "practice", _("practice")  # chose the better answer
        ATTENTION = "attention", _("attention check")  # chose the answer that was asked for
        REPEAT = "repeat", _("repeat")  # chose as the first time

    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="check_outcomes")
    kind = models.CharField(max_length=10, choices=Kind)
    passed = models.BooleanField()
    recorded_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.annotator}: {self.kind} {'passed' if self.passed else 'missed'}"


class Quota(models.Model):
    """How many people of one stratum a panel wants."""

    class Rule(models.TextChoices):
        EXACTLY = "exactly", _("exactly")  # so many, and then no more
        AT_MOST = "at-most", _("at most")  # no more than so many; fewer will do
        AT_LEAST = "at-least", _("at least")  # so many, and more are welcome

    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="quotas")
    # An answer for each of some questions, and its one name: age=18-34|country=us.
    where = models.JSONField()
    key = models.CharField(max_length=300)
    # The questions it is about: age|country. Everybody has a place in one quota of each family of their panel.
    family = models.CharField(max_length=210)
    rule = models.CharField(max_length=10, choices=Rule, default=Rule.EXACTLY)
    wanted = models.PositiveIntegerField()
    # Places held: rows of Place.
    taken = models.PositiveIntegerField(default=0)
    # People for whom there was no place; all that is kept of them.
    turned_away = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["panel", "key"], name="a_stratum_has_one_quota"),
            models.CheckConstraint(
                condition=Q(rule="at-least") | Q(taken__lte=models.F("wanted")), name="a_quota_is_never_exceeded"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.taken} of {self.wanted}"

    @property
    def is_full(self) -> bool:
        """Whether it takes nobody more."""
        return self.rule != self.Rule.AT_LEAST and self.taken >= self.wanted


class Place(models.Model):
    """A person's place in a quota."""

    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="places")
    quota = models.ForeignKey(Quota, on_delete=models.PROTECT, related_name="places")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["annotator", "quota"], name="a_person_has_one_place_in_a_quota")]

    def __str__(self) -> str:
        return f"{self.annotator} in {self.quota_id}"
