"""The fit answers of a set so far: taken from replies, judged one by one. Knows no Django."""

from collections.abc import Sequence
from dataclasses import dataclass

from sampling.alikeness import alike_earlier
from sampling.asking import Draft, NoFitSet, Order, Reply
from sampling.checks import faults, tidied


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
        self.drafts = list(drafts)
        # In a conversation that itself holds the delimiter, an answer may well speak of it.
        self.delimiter_counts = not any("###" in str(message.get("content")) for message in order.messages)
        self.last_reasons: list[str] = []

    def of(self, method: str) -> list[Draft]:
        """Return what was gathered by one method."""
        return [draft for draft in self.drafts if draft.method == method]

    def take(self, reply: Reply, parts: Sequence[Part], *, method: str, room: int, delimited: bool) -> list[Draft]:
        """Judge the parts of a reply, keep the fit ones up to the room there is, and return these."""
        kept: list[Draft] = []
        for place, part in enumerate(parts):
            cut_off = reply.was_cut_off and place == len(parts) - 1
            reasons = self._reasons(tidied(part.text), delimited=delimited, cut_off=cut_off)
            if not reasons and len(kept) >= room:
                reasons = ["surplus"]
            if not reasons:
                kept.append(_draft(reply, part, place, method=method))
                self.drafts.append(kept[-1])
            reply.parts.append(reasons)
            reply.texts.append(tidied(part.text))
        if not kept:
            self.reject(reply, "empty")
        return kept

    def take_one(self, reply: Reply, *, method: str) -> Draft | None:
        """Judge a reply that is one answer, and return it if it is fit."""
        return next(iter(self.take(reply, [Part(reply.text)], method=method, room=1, delimited=False)), None)

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

    def _reasons(self, text: str, *, delimited: bool, cut_off: bool) -> list[str]:
        found = faults(
            text, standards=self.order.standards, delimited=delimited and self.delimiter_counts, cut_off=cut_off
        )
        earlier = [draft.text for draft in self.drafts]
        if not found and self.order.alike == "repair" and alike_earlier([*earlier, text])[-1]:
            found.append("alike")
        return found


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
