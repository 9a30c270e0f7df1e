"""A comparison as formats take it, and what they make of it. Knows no Django.

Candidates are named by their place in the set's canonical order, from 0; `exports.records.LETTERS` has their letters.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import combinations

from exports.prism_records import PrismConversation, Utter, Utterance
from exports.records import LETTERS, Message
from exports.training_records import Battle, Preference, Unpaired

BOTH_BAD = "tie (bothbad)"
"""What the arenas say where a person found neither answer good."""


@dataclass(frozen=True, slots=True)
class Author:
    """What wrote a candidate."""

    method: str
    model: str | None
    """Of an imported candidate what its source says. None: it says nothing."""
    provider: str

    @property
    def contestant(self) -> str:
        """The name under which it takes part in battles."""
        return f"{self.model or 'unknown'} ({self.method})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One comparison of a conversation that counts, with what came before it."""

    conversation: int
    turn: int
    annotator: int
    item: int | None
    """The candidate set's number, where it is the first turn of an item."""
    is_given: bool
    """Whether the conversation opened with a given prompt."""
    language: str
    day: date
    history: tuple[Message, ...]
    """Messages of the turns before in which a candidate was chosen."""
    message: str
    texts: Sequence[str]
    authors: Sequence[Author]
    seen: Sequence[int]
    """The candidates as they stood on this person's screen, from the first place."""
    chosen: int | None
    feedback: str | None
    training: bool
    """Whether the person agreed that models are trained with their answers."""

    @property
    def id(self) -> str:
        return comparison_id(self.conversation, self.turn)

    @property
    def prompt(self) -> list[Message]:
        return [*self.history, said(self.message)]


def comparison_id(conversation: int, turn: int) -> str:
    """Return the name of a comparison: numbers of the conversation and the turn."""
    return f"{conversation}-{turn}"


def said(text: str) -> Message:
    """Return a message of the person."""
    return {"role": "user", "content": text}


def answered(text: str) -> Message:
    """Return a message of a model."""
    return {"role": "assistant", "content": text}


def preferences(turn: Compared) -> Iterator[Preference]:
    """Yield the pairs of a comparison: the chosen candidate with each of the others; none without a choice."""
    if turn.chosen is None:
        return
    for place, text in enumerate(turn.texts):
        if place != turn.chosen:
            yield Preference(
                prompt=turn.prompt,
                chosen=[answered(turn.texts[turn.chosen])],
                rejected=[answered(text)],
                comparison_id=turn.id,
                conversation_id=turn.conversation,
                turn=turn.turn,
                annotator_id=turn.annotator,
                item_id=turn.item,
                language=turn.language,
                chosen_response=LETTERS[turn.chosen],
                rejected_response=LETTERS[place],
            )


def unpaired(turn: Compared) -> Iterator[Unpaired]:
    """Yield the candidates of a comparison, each with whether it was chosen."""
    for place, text in enumerate(turn.texts):
        yield Unpaired(
            prompt=turn.prompt,
            completion=[answered(text)],
            label=place == turn.chosen,
            comparison_id=turn.id,
            conversation_id=turn.conversation,
            turn=turn.turn,
            annotator_id=turn.annotator,
            item_id=turn.item,
            language=turn.language,
            response=LETTERS[place],
        )


def battles(turn: Compared, *, language: str) -> Iterator[Battle]:
    """Yield the pairs of candidates of which the person said which is better, or that neither is good.

    :param language: English name of the conversation's language.
    """
    for first, second in combinations(turn.seen, 2):
        if turn.chosen is None or turn.chosen in (first, second):
            yield _battle(turn, first, second, language)


def _battle(turn: Compared, first: int, second: int, language: str) -> Battle:
    return Battle(
        question_id=f"{turn.id}-{LETTERS[first]}{LETTERS[second]}",
        model_a=turn.authors[first].contestant,
        model_b=turn.authors[second].contestant,
        winner=BOTH_BAD if turn.chosen is None else "model_a" if turn.chosen == first else "model_b",
        judge=f"annotator_{turn.annotator}",
        conversation_a=[*turn.prompt, answered(turn.texts[first])],
        conversation_b=[*turn.prompt, answered(turn.texts[second])],
        turn=sum(message["role"] == "user" for message in turn.prompt),
        anony=True,
        language=language,
        tstamp=datetime(turn.day.year, turn.day.month, turn.day.day, tzinfo=UTC).timestamp(),
        comparison_id=turn.id,
        response_a=LETTERS[first],
        response_b=LETTERS[second],
        training_agreed=turn.training,
    )


# ---- PRISM -----------------------------------------------------------------------------------------------------------
def user_id(annotator: int) -> str:
    """Return what PRISM's tables call a person."""
    return f"user{annotator}"


def conversation_type(*, is_given: bool) -> str:
    """Return what PRISM's tables call a way to open a conversation."""
    return "given prompt" if is_given else "unguided"


def prism_conversation(turns: Sequence[Compared], *, balanced: bool) -> PrismConversation:
    """Return a conversation, made of its comparisons in order."""
    first = turns[0]
    return PrismConversation(
        conversation_id=f"c{first.conversation}",
        user_id=user_id(first.annotator),
        included_in_balanced_subset=balanced,
        generated_datetime=f"{first.day.isoformat()} 00:00:00",
        conversation_type=conversation_type(is_given=first.is_given),
        opening_prompt=first.message,
        conversation_turns=len(turns),
        conversation_history=[each for number, turn in enumerate(turns) for each in _utters(turn, number)],
        open_feedback="\n\n".join(turn.feedback for turn in turns if turn.feedback) or None,
        assigned_lang=first.language,
        training_agreed=first.training,
    )


def _utters(turn: Compared, number: int) -> Iterator[Utter]:
    yield _utter(turn=number, role="user", content=turn.message)
    for place, candidate in enumerate(turn.seen):
        yield _utter(
            turn=number,
            role="model",
            content=turn.texts[candidate],
            model_name=turn.authors[candidate].model,
            model_provider=turn.authors[candidate].provider,
            if_chosen=candidate == turn.chosen,
            within_turn_id=place,
        )


def _utter(
    *,
    turn: int,
    role: str,
    content: str,
    model_name: str | None = None,
    model_provider: str | None = None,
    if_chosen: bool | None = None,
    within_turn_id: int | None = None,
) -> Utter:
    return {
        "turn": turn,
        "role": role,
        "content": content,
        "model_name": model_name,
        "model_provider": model_provider,
        "score": None,
        "if_chosen": if_chosen,
        "within_turn_id": within_turn_id,
    }


def utterances(turns: Sequence[Compared], *, balanced: bool) -> Iterator[Utterance]:
    """Yield the candidates of a conversation, turn by turn, in the order in which they stood on the screen."""
    for number, turn in enumerate(turns):
        for place, candidate in enumerate(turn.seen):
            yield Utterance(
                utterance_id=f"ut{turn.conversation}-{number}-{place}",
                interaction_id=f"int{turn.conversation}-{number}",
                conversation_id=f"c{turn.conversation}",
                user_id=user_id(turn.annotator),
                turn=number,
                within_turn_id=place,
                included_in_balanced_subset=balanced,
                conversation_type=conversation_type(is_given=turn.is_given),
                user_prompt=turn.message,
                model_response=turn.texts[candidate],
                model_name=turn.authors[candidate].model,
                model_provider=turn.authors[candidate].provider,
                score=None,
                if_chosen=candidate == turn.chosen,
            )
