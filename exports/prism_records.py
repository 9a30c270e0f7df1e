"""What a published line holds in the tables of PRISM (Kirk et al. 2024). Knows no Django.

Columns of the original that nothing here could fill truthfully are left out: stated preferences, use of language
models, attributes scored after the conversation, and the like. Names and nesting are as in the original.
"""

from dataclasses import dataclass
from typing import TypedDict


class Ethnicity(TypedDict):
    """As in the original, as far as it was asked."""

    categorised: str | None
    """`annotators.annotator_ethnicity`. Null: not given."""
    simplified: str | None
    """The same. Null: not given."""


class Location(TypedDict):
    """As in the original, as far as it was asked."""

    reside_country: str | None
    """`annotators.annotator_country`. Null: not given."""


class Utter(TypedDict):
    """One message in a conversation's history."""

    turn: int
    """Number of the turn, from 0."""
    role: str
    """`user` or `model`. Each turn has one message of the user, and one of a model for each candidate."""
    content: str
    """The text."""
    model_name: str | None
    """What wrote it: the model. Null: the user did, or the source of an imported candidate does not say."""
    model_provider: str | None
    """The generator that asked the model, or `imported`. Null: the user wrote it."""
    score: int | None
    """Null: people are asked for a choice here, not for a score."""
    if_chosen: bool | None
    """True: the candidate was chosen; with "none of these" none was. Null: the user wrote it."""
    within_turn_id: int | None
    """Place of the candidate on this person's screen, from 0. Null: the user wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """One person, as in PRISM's survey."""

    user_id: str
    """`user` with the person's number in `annotators`."""
    survey_only: bool
    """True: no conversation of theirs is in `prism-conversations`."""
    num_completed_conversations: int
    """How many are."""
    age: str | None
    """Age band. Null: not given."""
    gender: str | None
    """Gender. Null: not given."""
    education: str | None
    """Highest level of education. Null: not given."""
    ethnicity: Ethnicity
    """Ethnicity or background, in the categories of the country."""
    location: Location
    """Where they live."""
    political: str | None
    """Political leaning, by self-placement; not in the original. Null: not given."""
    wave: int
    """Number of the collection wave; not in the original."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrismConversation:
    """One conversation, as in PRISM."""

    conversation_id: str
    """`c` with the conversation's number in `conversations`."""
    user_id: str
    """The person, as in `prism-survey`."""
    included_in_balanced_subset: bool
    """As `conversations.in_balanced_subset`."""
    generated_datetime: str
    """Day of the first message, UTC, at midnight: the time of day is not published."""
    conversation_type: str
    """`unguided`: the person wrote the opening prompt. `given prompt`: they did not."""
    opening_prompt: str
    """The first message."""
    conversation_turns: int
    """How many turns were compared."""
    conversation_history: list[Utter]
    """All messages, turn by turn, candidates in the order in which this person saw them."""
    open_feedback: str | None
    """The reasons for the choices in the person's words, one paragraph a turn. Null: none was given, or they are kept
    private."""
    assigned_lang: str
    """Language of the conversation, ISO 639-1; not in the original, which is in English."""
    training_agreed: bool
    """False: the person did not agree that models are trained with their answers; not in the original."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One candidate in one turn of one conversation, as in PRISM."""

    utterance_id: str
    """`ut` with the numbers of the conversation, the turn and the place."""
    interaction_id: str
    """`int` with the numbers of the conversation and the turn."""
    conversation_id: str
    """The conversation, as in `prism-conversations`."""
    user_id: str
    """The person, as in `prism-survey`."""
    turn: int
    """Number of the turn, from 0."""
    within_turn_id: int
    """Place of the candidate on this person's screen, from 0."""
    included_in_balanced_subset: bool
    """As `conversations.in_balanced_subset`."""
    conversation_type: str
    """As in `prism-conversations`."""
    user_prompt: str
    """The message that the candidate answers."""
    model_response: str
    """The candidate."""
    model_name: str | None
    """The model that wrote it. Null: the source of an imported candidate does not say."""
    model_provider: str
    """The generator that asked the model, or `imported`."""
    score: int | None
    """Null: people are asked for a choice here, not for a score."""
    if_chosen: bool
    """True: the candidate was chosen. With "none of these" none was."""
