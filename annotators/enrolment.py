"""Letting a person in: the link they came by, what they agree to, what they say about themselves, and the way out."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from django.db import transaction
from django.db.models import F, Subquery

from annotators import arriving, recruiting
from annotators.models import Annotator, Consent, ConsentText, Invitation, Panel, SurveyAnswer
from annotators.panel_file import ConsentPart, PanelPart, changed_questions
from annotators.purposes import ticked
from annotators.sources.interface import Arrival
from annotators.survey import NOT_SAID, Question
from annotators.tokens import attempt_hash, hashed, new_token
from annotators.values_file import ValuesPart


class InvitationNotUsable(Exception):
    """The link lets nobody in: `reason` is unknown, revoked, expired or used."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ReturnLinkUnknown(Exception):
    """Nobody returns by this link: it was never made, or another one took its place."""


class ConsentTextChanged(Exception):
    """A published version of a consent text has other words in the file. People agreed to the old ones."""


class QuestionAnswered(Exception):
    """People have answered questions that are to mean something else, or to be gone: the message names them."""


class HasWithdrawn(Exception):
    """The person left, and nothing more is kept about them."""


class AnswerNotOffered(Exception):
    """A survey answer cannot be taken: `question` says which, `reason` why.

    The reason is unknown-question, not-offered, required, too-long, not-a-number, already-answered or not-agreed.
    """

    def __init__(self, question: str, reason: str) -> None:
        super().__init__(f"{question}: {reason}")
        self.question = question
        self.reason = reason


# ---- panels ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def open_panel(*, part: PanelPart, now: datetime) -> Panel:
    """Create the panel of a study file, or bring it in line with the file.

    :raises ConsentTextChanged: if a version of the consent text that was published has other words in the file.
    :raises recruiting.BelowTaken: if a quota in the file is smaller than the number of people it holds.
    """
    definition = part.model_dump(mode="json")
    there = Panel.objects.filter(slug=part.slug).values_list("definition", flat=True).first() or {}
    # Quotas and a questionnaire on values may have come from files of their own.
    for own_file in ("quotas", "values"):
        if definition.get(own_file) is None and there.get(own_file):
            definition[own_file] = there[own_file]
    defaults = {"name": part.name, "wave": part.wave, "definition": definition}
    panel, _created = Panel.objects.update_or_create(
        slug=part.slug, defaults=defaults, create_defaults={**defaults, "created_at": now}
    )
    if changed := changed_consent(slug=part.slug, part=part.consent):
        raise ConsentTextChanged(f"{part.consent.version} ({', '.join(changed)})")
    published = panel.consent_texts.filter(version=part.consent.version).values_list("language", flat=True)
    for language in sorted(part.consent.texts.keys() - set(published)):
        _publish(panel, part.consent, language, now=now)
    if part.quotas is not None:
        recruiting.set_quotas(panel=panel, parts=part.quotas)
    return panel


def _publish(panel: Panel, part: ConsentPart, language: str, *, now: datetime) -> None:
    ConsentText.objects.create(
        panel=panel,
        version=part.version,
        language=language,
        text=part.texts[language].strip(),
        licence=part.licence,
        facts=part.facts(language),
        published_at=now,
    )


def changed_consent(*, slug: str, part: ConsentPart) -> list[str]:
    """Return the languages in which this version of a panel's consent text was published with other words or facts."""
    texts = ConsentText.objects.filter(panel__slug=slug, version=part.version, language__in=part.texts)
    return sorted(text.language for text in texts if _says_other(text, part))


def _says_other(text: ConsentText, part: ConsentPart) -> bool:
    # One that was published without facts beside it has none to change.
    facts = (text.licence, text.facts) if text.licence else (part.licence, part.facts(text.language))
    return text.text.strip() != part.texts[text.language].strip() or facts != (part.licence, part.facts(text.language))


def current_consent_text(*, panel: Panel, language: str) -> ConsentText:
    """Return the version in force: in this language, else in English, else in any."""
    texts = list(panel.consent_texts.filter(version=_in_force(panel)))
    return min(texts, key=lambda text: (text.language != language, text.language != "en", text.language))


def _in_force(panel: Panel) -> Subquery:
    """Return which version is in force, as part of a query."""
    return Subquery(panel.consent_texts.order_by("-published_at", "-pk").values("version")[:1])


# ---- invitations -----------------------------------------------------------------------------------------------------
def invite(
    *,
    panel: Panel,
    language: str,
    answers: Mapping[str, str] | None = None,
    limit: int | None = None,
    label: str = "",
    expires_at: datetime | None = None,
    now: datetime,
) -> tuple[Invitation, str]:
    """Make a link that lets people in, and return it with its token, which is kept nowhere.

    :raises AnswerNotOffered: if the survey does not offer an answer that the link is to settle.
    """
    settled = _checked(panel, given={}, answers=answers or {})
    token = new_token()
    invitation = Invitation.objects.create(
        panel=panel,
        token_hash=hashed(token),
        label=label,
        language=language,
        answers=settled,
        limit=limit,
        expires_at=expires_at,
        created_at=now,
    )
    return invitation, token


def find_invitation(*, token: str, now: datetime) -> Invitation:
    """Return the invitation that this link opens.

    :raises InvitationNotUsable: if it lets nobody in at this moment.
    """
    invitation = Invitation.objects.with_token(token).select_related("panel").first()
    if invitation is None:
        raise InvitationNotUsable("unknown")
    if reason := invitation.unusable_because(now=now):
        raise InvitationNotUsable(reason)
    return invitation


@transaction.atomic
def accept(
    *,
    invitation: Invitation,
    text: ConsentText,
    to: Iterable[str],
    attempt: str = "",
    arrival: Arrival | None = None,
    now: datetime,
) -> tuple[Annotator, str]:
    """Let in a person who agreed to the text; return them with the token of their return link, which is kept nowhere.

    `to` names what they agree to beside taking part (annotators.purposes). `attempt` is the browser's own secret name
    for what it tries: the same again lets the same person in, once. `arrival` is who they are at the panel that sent
    them.

    :raises InvitationNotUsable: if the link lets nobody in any more.
    :raises arriving.AlreadyHere: if the panel's id is somebody's already.
    """
    if attempt:
        # Of two requests of one attempt the second waits here for the first, and then finds the person it made.
        Invitation.objects.select_for_update().get(pk=invitation.pk)
        if known := Annotator.objects.with_attempt(invitation.token_hash, attempt).first():
            return known, new_return_link(annotator=known)
    # A conditional update: of two people who come at once for the last place, the second finds it gone.
    if not Invitation.objects.filter(pk=invitation.pk).usable(now=now).update(used=F("used") + 1):
        invitation.refresh_from_db()
        raise InvitationNotUsable(invitation.unusable_because(now=now) or "used")
    annotator = Annotator.objects.create(
        panel_id=invitation.panel_id,
        panel_origin=invitation.panel.origin,
        invitation=invitation,
        language=invitation.language,
        attempt_hash=attempt_hash(invitation.token_hash, attempt) if attempt else "",
        joined_at=now,
        survey_at=secrets.SystemRandom().random(),
    )
    if arrival is not None:
        arriving.keep(annotator=annotator, arrival=arrival, now=now)
    consent(annotator=annotator, text=text, to=to, now=now)
    _keep(annotator, _permitted(annotator, invitation.answers), now=now)
    return annotator, new_return_link(annotator=annotator)


def joined_by(*, token: str, attempt: str) -> Annotator | None:
    """Return the person whom this attempt let in by the invitation with this token, if it did."""
    return Annotator.objects.with_attempt(hashed(token), attempt).select_related("panel").first()


@transaction.atomic
def load_values(*, panel: Panel, part: ValuesPart) -> None:
    """Put a questionnaire on values among the panel's questions, in place of the one that is there.

    :raises QuestionAnswered: if people have answered an item that would be gone or mean something else.
    :raises ValueError: if the panel's questions do not hold together with it; with what to fill in.
    """
    locked = Panel.objects.select_for_update(no_key=True).get(pk=panel.pk)
    definition = {**locked.definition, "values": part.model_dump(mode="json")}
    new = PanelPart.model_validate(definition)
    answered = set(answered_questions(panel=panel))
    if changed := [key for key in changed_questions(locked.survey.questions, new.questions()) if key in answered]:
        raise QuestionAnswered(", ".join(changed))
    locked.definition = panel.definition = definition
    locked.save(update_fields=["definition"])


def answered_questions(*, panel: Panel) -> list[str]:
    """Return the questions of a panel that somebody has answered."""
    answers = SurveyAnswer.objects.filter(annotator__panel=panel)
    return list(answers.order_by("question").values_list("question", flat=True).distinct())


# ---- consent and survey ----------------------------------------------------------------------------------------------
@transaction.atomic
def consent(*, annotator: Annotator, text: ConsentText, to: Iterable[str], now: datetime) -> Consent:
    """Note that the person agreed to this text and to these purposes beside taking part, in place of what they agreed
    to before; once, however often they press. Sensitive answers that they no longer agree to are deleted.

    :raises HasWithdrawn: if they left in the meantime.
    """
    _lock(annotator)
    ticks = ticked(to)
    given = annotator.consents.in_force().first()
    if given and (given.text_id, given.ticks) == (text.pk, ticks):
        return given
    annotator.consents.in_force().update(replaced_at=now)
    if not ticks["sensitive"]:
        annotator.survey_answers.filter(question__in=_sensitive(annotator.panel)).delete()
    return Consent.objects.create(annotator=annotator, text=text, accepted_at=now, **ticks)


def _sensitive(panel: Panel) -> set[str]:
    return {question.key for question in panel.survey.questions if question.sensitive}


def _permitted(annotator: Annotator, answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers without sensitive ones, unless the person agreed that these are kept."""
    sensitive = _sensitive(annotator.panel) & answers.keys()
    if not sensitive or annotator.agrees_to("sensitive"):
        return dict(answers)
    return {question: value for question, value in answers.items() if question not in sensitive}


@transaction.atomic
def answer(*, annotator: Annotator, answers: Mapping[str, str], now: datetime) -> None:
    """Keep what a person says about themselves. The same answer again changes nothing, and the first one stands.

    :raises AnswerNotOffered: if the survey does not offer one of the answers; then none is kept.
    :raises HasWithdrawn: if they left in the meantime.
    """
    _lock(annotator)
    given = annotator.answers()
    new = _checked(annotator.panel, given=given, answers=answers)
    if refused := new.keys() - _permitted(annotator, new).keys():
        raise AnswerNotOffered(min(refused), "not-agreed")
    _keep(annotator, new, now=now)


def _lock(annotator: Annotator) -> None:
    # A double click waits here for the first click and finds its work done; who withdraws in another tab is not
    # brought back by what this one sends.
    locked = Annotator.objects.one_at_a_time().get(pk=annotator.pk)
    if locked.standing == Annotator.Standing.WITHDRAWN:
        raise HasWithdrawn


def needs(annotator: Annotator) -> Literal["consent", "survey"] | None:
    """Return what stands between this person and their tasks: the consent text in force, questions about them."""
    if not annotator.consents.in_force().filter(text__version=_in_force(annotator.panel)).exists():
        return "consent"
    return "survey" if annotator.open_questions("before") else None


def needs_after(annotator: Annotator) -> Literal["survey"] | None:
    """Return what is left to ask once the tasks are done."""
    return "survey" if annotator.open_questions("after") else None


def _keep(annotator: Annotator, answers: Mapping[str, str], *, now: datetime) -> None:
    SurveyAnswer.objects.bulk_create(
        SurveyAnswer(annotator=annotator, question=question, value=value, recorded_at=now)
        for question, value in answers.items()
    )


def _checked(panel: Panel, *, given: Mapping[str, str], answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers that are new, in the order of the survey: a later question may depend on an earlier one."""
    questions = {question.key: question for question in panel.survey.questions}
    if unknown := answers.keys() - questions.keys():
        raise AnswerNotOffered(min(unknown), "unknown-question")
    known = dict(given)
    for key in (key for key in questions if key in answers):
        value = _stored(questions[key], answers[key])
        if key not in known:
            if reason := _refusal(questions[key], value, known):
                raise AnswerNotOffered(key, reason)
            known[key] = value
        elif known[key] != value:
            raise AnswerNotOffered(key, "already-answered")
    return {key: value for key, value in known.items() if key not in given}


def _stored(question: Question, value: str) -> str:
    # NUL and lone surrogates cannot be stored.
    text = value.replace("\0", "").encode(errors="ignore").decode().strip()
    # People type digits of their own script.
    return str(int(text)) if question.kind in {"number", "scale"} and text.isdecimal() and len(text) <= 6 else text


def _refusal(question: Question, value: str, known: dict[str, str]) -> str | None:
    if value == NOT_SAID:
        return "required" if question.required else None
    if question.kind == "choice":
        return None if value in {option.key for option in question.offered(known)} else "not-offered"
    if question.steps:
        return None if value in question.steps.values() else "not-offered"
    if question.kind == "number":
        return None if value.isascii() and value.isdecimal() and len(value) <= 6 else "not-a-number"
    return "too-long" if len(value) > 500 else None


# ---- coming back, and leaving ----------------------------------------------------------------------------------------
def new_return_link(*, annotator: Annotator) -> str:
    """Make the link by which this person comes back, and return its token. The old link leads nowhere from now on."""
    token = new_token()
    annotator.return_token_hash = hashed(token)
    annotator.save(update_fields=["return_token_hash"])
    return token


def find_returning(*, token: str) -> Annotator:
    """Return the person whose return link this is.

    :raises ReturnLinkUnknown: if it is nobody's.
    """
    here = Annotator.objects.still_here().select_related("panel")
    annotator = here.with_return_token(token).first()
    if annotator is None:
        raise ReturnLinkUnknown
    return annotator


def find_leaving(*, token: str) -> Annotator:
    """Return the person whose return link this is, also after they stopped: they can still have everything erased.

    :raises ReturnLinkUnknown: if it is nobody's.
    """
    there = Annotator.objects.exclude(standing__in=[Annotator.Standing.WITHDRAWN, Annotator.Standing.SCREENED_OUT])
    annotator = there.with_return_token(token).select_related("panel").first()
    if annotator is None:
        raise ReturnLinkUnknown
    return annotator


@transaction.atomic
def stop(*, annotator: Annotator) -> bool:
    """End a person's part and keep what they agreed to until now; whether this call did. Their work is the caller's."""
    person = Annotator.objects.one_at_a_time().get(pk=annotator.pk)
    gone = Annotator.Standing.LEFT, Annotator.Standing.WITHDRAWN, Annotator.Standing.SCREENED_OUT
    if person.standing in gone:
        return False
    if person.place_until is not None:
        # They have not begun, so somebody else can have their place.
        recruiting.give_back(annotator=person)
    annotator.standing, annotator.attempt_hash = Annotator.Standing.LEFT, ""
    annotator.save(update_fields=["standing", "attempt_hash"])
    return True


@transaction.atomic
def withdraw(*, annotator: Annotator, now: datetime) -> None:
    """End a person's consent and forget what they said about themselves. Their work is the caller's part."""
    # What they send from another tab comes either before all of this or after it.
    Annotator.objects.one_at_a_time().get(pk=annotator.pk)
    annotator.consents.filter(withdrawn_at=None).update(withdrawn_at=now)
    annotator.survey_answers.all().delete()
    annotator.appeals.update(text="", answer="")
    recruiting.give_back(annotator=annotator)
    annotator.standing = Annotator.Standing.WITHDRAWN
    annotator.return_token_hash = annotator.attempt_hash = ""
    annotator.save(update_fields=["standing", "return_token_hash", "attempt_hash"])
