"""The fit answers of a set so far: taken from replies, judged one by one. Knows no Django."""

from collections.abc import Sequence
from dataclasses import dataclass

from sampling.alikeness import Alikeness
from sampling.asking import Draft, NoFitSet, Order, Refused, Reply
from sampling.checks import faults_of_each, tidied
from sampling.lengths import uneven
from sampling.refusals import is_refusal
from sampling.splitting import only_answer

ENOUGH_TO_COMPARE = 3
"""Answers from which it can be told which one's length is out of proportion."""


@dataclass(frozen=True)
class Part:
    """One answer as it was cut from a completion, and what is known about it."""

    text: str
    condition: str = ""
    """The key of the voice that it speaks for; empty: the one that the request names, if any."""
    stated_probability: float | None = None


class Gathering:
    """Answers by the method that made them, each fit by itself and beside the others."""

    def __init__(self, order: Order, drafts: Sequence[Draft] = ()) -> None:
        self.order = order
        self.standards = order.standards
        self.drafts = list(drafts)
        self._settled = len(self.drafts)
        self._alikeness = Alikeness(self.standards)
        # In a conversation that itself holds the delimiter, an answer may well speak of it.
        self.delimiter_counts = not any("###" in str(message.get("content")) for message in order.messages)
        self.last_reasons: list[str] = []

    def of(self, method: str) -> list[Draft]:
        """Return what was gathered by one method."""
        return [draft for draft in self.drafts if draft.method == method]

    def take(self, reply: Reply, parts: Sequence[Part], *, method: str, room: int, delimited: bool) -> list[Draft]:
        """Judge the parts of a reply, keep the fit ones up to the room there is, and return these.

        :raises Refused: if one declines to answer and the recipe drops such sets.
        """
        kept: list[Draft] = []
        reply.texts = [tidied(part.text) for part in parts]
        delimiter_counts = delimited and self.delimiter_counts
        reply.parts = faults_of_each(
            reply.texts, standards=self.standards, delimited=delimiter_counts, cut_off=reply.was_cut_off
        )
        self._give_up_where_refused(reply)
        for place, part in enumerate(parts):
            reasons = reply.parts[place]
            if not reasons and self._is_alike(reply.texts[place]):
                reasons.append("alike")
            if not reasons and len(kept) >= room:
                reasons.append("surplus")
            if not reasons:
                kept.append(_draft(reply, part, place, method=method))
                self.drafts.append(kept[-1])
        if not kept:
            self.reject(reply, "empty")
        self._even_out()
        return [draft for draft in kept if self.holds(draft)]

    def take_one(self, reply: Reply, *, method: str) -> Draft | None:
        """Judge a reply that is one answer, and return it if it is fit."""
        return next(
            iter(self.take(reply, [Part(only_answer(reply.text))], method=method, room=1, delimited=False)), None
        )

    def turn_down(self, reply: Reply, texts: Sequence[str]) -> None:
        """Note that a reply holds too few answers to go on with; one that declines to answer is called that.

        :raises Refused: if the recipe drops such sets.
        """
        declines = self.standards.refusals != "show"
        reply.parts = [["refusal"] if declines and is_refusal(text) else ["too-few"] for text in texts]
        self.reject(reply, "too-few")
        self._give_up_where_refused(reply)

    def holds(self, draft: Draft) -> bool:
        """Return whether this very draft is among the fit answers still."""
        return any(draft is held for held in self.drafts)

    def drop(self, method: str) -> None:
        """Let go of what one method gave: too few of a completion to go on with."""
        dropped = self.of(method)
        self.drafts = [draft for draft in self.drafts if draft.method != method]
        for reply in {id(draft.reply): draft.reply for draft in dropped}.values():
            reply.parts = [reasons or ["too-few"] for reasons in reply.parts]
            self.reject(reply, "too-few")

    def failure(self) -> NoFitSet:
        """Return the exception that says why there is no set, with what there is."""
        return NoFitSet(self.last_reasons or ["too-few"], self.drafts)

    def reject(self, reply: Reply, otherwise: str) -> None:
        """Note that nothing of a reply is used, for the reasons of its parts or else for this one."""
        reply.rejected = self.last_reasons = _reasons_of(reply) or [otherwise]

    def _is_alike(self, text: str) -> bool:
        return self.standards.alike == "repair" and self._alikeness.with_one_of(
            text, [draft.text for draft in self.drafts]
        )

    def _give_up_where_refused(self, reply: Reply) -> None:
        if self.standards.refusals == "drop" and any("refusal" in reasons for reasons in reply.parts):
            self.reject(reply, "refusal")
            raise Refused

    def _even_out(self) -> None:
        """Let go of answers out of all proportion to the others, but for those that were there at the start."""
        while len(self.drafts) >= min(ENOUGH_TO_COMPARE, self.standards.candidates):
            texts = [draft.text for draft in self.drafts]
            place = uneven(texts, self.standards.lengths, settled=self._settled)
            if place is None:
                return
            draft = self.drafts.pop(place)
            draft.reply.parts[draft.part] = ["uneven"]
            if not any(other.reply is draft.reply for other in self.drafts):
                self.reject(draft.reply, "uneven")


def leave_out(drafts: Sequence[Draft], *, chosen: Sequence[Draft], reason: str) -> None:
    """Note in their replies why fit answers of a larger pool are not among the chosen ones."""
    taken = {id(draft) for draft in chosen}
    left = [draft for draft in drafts if id(draft) not in taken]
    used = {id(draft.reply) for draft in chosen}
    for draft in left:
        draft.reply.parts[draft.part] = [reason]
    for draft in left:
        if id(draft.reply) not in used:
            draft.reply.rejected = _reasons_of(draft.reply)


def _draft(reply: Reply, part: Part, place: int, *, method: str) -> Draft:
    return Draft(
        text=tidied(part.text),
        method=method,
        reply=reply,
        part=place,
        condition=part.condition or reply.request.condition,
        stated_probability=part.stated_probability,
    )


def _reasons_of(reply: Reply) -> list[str]:
    return list(dict.fromkeys(reason for part in reply.parts for reason in part))
