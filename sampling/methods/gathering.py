"""The fit answers of a set so far: taken from replies, judged one by one. Knows no Django."""

from sampling.alikeness import alike_earlier
from sampling.asking import Draft, NoFitSet, Order, Reply
from sampling.checks import faults, tidied


class Gathering:
    """Answers by the method that made them, each fit by itself and beside the others."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.drafts: list[Draft] = []
        # In a conversation that itself holds the delimiter, an answer may well speak of it.
        self.delimiter_counts = not any("###" in str(message.get("content")) for message in order.messages)
        self.last_reasons: list[str] = []

    def of(self, method: str) -> list[Draft]:
        """Return what was gathered by one method."""
        return [draft for draft in self.drafts if draft.method == method]

    def take(self, reply: Reply, texts: list[str], *, method: str, wanted: int, delimited: bool) -> None:
        """Judge the parts of a reply and keep the fit ones, up to the number wanted."""
        for place, text in enumerate(texts):
            cut_off = reply.was_cut_off and place == len(texts) - 1
            reasons = self._reasons(tidied(text), delimited=delimited, cut_off=cut_off)
            if not reasons and len(self.of(method)) >= wanted:
                reasons = ["surplus"]
            if not reasons:
                self.drafts.append(Draft(text=tidied(text), method=method, reply=reply))
            reply.parts.append(reasons)
        if not any(draft.reply is reply for draft in self.drafts):
            self.reject(reply, "empty")

    def drop(self, method: str) -> None:
        """Let go of what one method gave: too few of a completion to go on with."""
        dropped = self.of(method)
        self.drafts = [draft for draft in self.drafts if draft.method != method]
        for reply in {id(draft.reply): draft.reply for draft in dropped}.values():
            reply.parts = [reasons or ["too-few"] for reasons in reply.parts]
            self.reject(reply, "too-few")

    def failure(self) -> NoFitSet:
        """Return the exception that says why there is no set."""
        return NoFitSet(self.last_reasons or ["too-few"])

    def _reasons(self, text: str, *, delimited: bool, cut_off: bool) -> list[str]:
        found = faults(
            text, standards=self.order.standards, delimited=delimited and self.delimiter_counts, cut_off=cut_off
        )
        earlier = [draft.text for draft in self.drafts]
        if not found and self.order.alike == "repair" and alike_earlier([*earlier, text])[-1]:
            found.append("alike")
        return found

    def reject(self, reply: Reply, otherwise: str) -> None:
        reasons = dict.fromkeys(reason for part in reply.parts for reason in part)
        reply.rejected = self.last_reasons = list(reasons) or [otherwise]
