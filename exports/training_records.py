"""What a published line holds that models are trained or rated with. Knows no Django."""

from dataclasses import dataclass

from exports.records import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """One pair: a candidate that was chosen, and one of those beside it, as TRL's DPOTrainer and RewardTrainer take it.
    A choice among four gives three lines with one `comparison_id`. "None of these" gives none. Only of people who
    agreed that models are trained with their answers."""

    prompt: list[Message]
    """The conversation up to the message that the candidates answer."""
    chosen: list[Message]
    """The chosen candidate."""
    rejected: list[Message]
    """Another candidate of the set."""
    comparison_id: str
    """The comparison, as in `comparisons`. Lines that share it are one choice of one person: keep them on one side of
    every split, and do not count them as independent."""
    conversation_id: int
    """The conversation, as in `conversations`. Turns of one conversation are not independent either."""
    turn: int
    """Number of the turn in its conversation, from 1."""
    annotator_id: int
    """The person, as in `annotators`."""
    item_id: int | None
    """The item, as in `items`: others answered it too. Null: the annotator wrote the opening prompt, or it is a later
    turn."""
    language: str
    """Language of the conversation, ISO 639-1."""
    chosen_response: str
    """Letter of the chosen candidate in the set's canonical order."""
    rejected_response: str
    """Letter of the other one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpaired:
    """One candidate with whether it was chosen, as TRL's KTOTrainer takes it. "None of these" gives a line for each
    candidate, none of them chosen. Only of people who agreed that models are trained with their answers."""

    prompt: list[Message]
    """The conversation up to the message that the candidate answers."""
    completion: list[Message]
    """The candidate."""
    label: bool
    """True: it was chosen."""
    comparison_id: str
    """The comparison, as in `comparisons`: lines that share it are not independent."""
    conversation_id: int
    """The conversation, as in `conversations`."""
    turn: int
    """Number of the turn in its conversation, from 1."""
    annotator_id: int
    """The person, as in `annotators`."""
    item_id: int | None
    """The item, as in `items`. Null: the annotator wrote the opening prompt, or it is a later turn."""
    language: str
    """Language of the conversation, ISO 639-1."""
    response: str
    """Letter of the candidate in the set's canonical order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Battle:
    """One pair of candidates that a person saw side by side, with the columns of the published Chatbot Arena battles. A
    choice among four says who won in three of the six pairs; the other three are not here. "None of these" gives all
    six, as `tie (bothbad)`. Nobody was asked whether two candidates are equally good, so `tie` alone does not occur."""

    question_id: str
    """The comparison (`comparisons.comparison_id`) and the letters of the two candidates."""
    model_a: str
    """What wrote the first one: the model, with how it was asked in brackets. Where sets come from one model it is the
    same as `model_b`: such a line says nothing about models, but still which text was preferred."""
    model_b: str
    """What wrote the second one."""
    winner: str
    """`model_a`, `model_b`, or `tie (bothbad)`."""
    judge: str
    """The person: `annotator_` with their number in `annotators`."""
    conversation_a: list[Message]
    """The conversation with the first candidate. It stood before the other one on this person's screen."""
    conversation_b: list[Message]
    """The conversation with the second candidate."""
    turn: int
    """Number of messages of the person in the conversation."""
    anony: bool
    """True: nobody saw what wrote the candidates."""
    language: str
    """Language of the conversation: its English name, as the arenas have it."""
    tstamp: float
    """Beginning of the day of the message, UTC, in seconds since 1970. The time of day is not published."""
    comparison_id: str
    """The comparison, as in `comparisons`: lines that share it are not independent."""
    response_a: str
    """Letter of the first candidate in the set's canonical order."""
    response_b: str
    """Letter of the second one."""
    training_agreed: bool
    """False: the person did not agree that models are trained with their answers. Leave these lines out of training."""
