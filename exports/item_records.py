"""What a published line on shared items holds: comparisons, items, and the votes of strata. Knows no Django."""

from dataclasses import dataclass
from typing import TypedDict

from exports.records import Message


class StratumVotes(TypedDict):
    """The votes of one stratum on one item."""

    stratum: str
    """A value of `annotator_country`, or `not given`."""
    people: int
    """Regular comparisons of its people."""
    votes: list[int]
    """How many of them chose each candidate, in the canonical order."""
    votes_none: int
    """How many said "none of these"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of one set of candidates that was put to one person. Also of surplus conversations, attention checks
    and repeats: for shares and figures take the lines where `counts` is true."""

    comparison_id: str
    """Number of the conversation and of the turn, as in `17-2`; the same in every release of the study. Pairs in
    `trl-preference` and battles in `arena` that come from one comparison share it: they are not independent."""
    conversation_id: int
    """The conversation, as in `conversations`."""
    turn: int
    """Number of the turn in its conversation, from 1."""
    annotator_id: int
    """The person, as in `conversations`."""
    item_id: int | None
    """The item, as in `items`: an opening prompt with a set that others got too. Null: the annotator wrote the opening
    prompt, or it is a later turn, an attention check or a repeat."""
    candidate_set_id: int
    """The candidates, as in `candidates`."""
    candidates: int
    """How many candidates there were."""
    outcome: str
    """`chosen`, `none` (none of these is good), `skipped` (the task was left in this turn), `missing` (not yet)."""
    chosen_slot: int | None
    """Slot (`candidates.slot`) of the chosen candidate. Null: none was chosen."""
    chosen_response: str | None
    """Letter of the chosen candidate in the set's canonical order, as `candidates.response`. Null: none was chosen."""
    chosen_place: int | None
    """Place on this person's screen in which the chosen candidate stood, from 1. Null: none was chosen."""
    feedback: str | None
    """Why, in the annotator's words. Null: not asked, not given, or the person keeps their texts to themselves."""
    strength: int | None
    """How much better it is than the others, 1 to 3, as in `turns`. Null: not asked or said, or none was chosen."""
    counts: bool
    """True: compared in a regular conversation that is not surplus, as all lines of `conversations` are."""
    training_agreed: bool
    """False: the person did not agree that models are trained with their answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One shared item: a given opening prompt with its frozen candidates, and what people made of it. Grouping those
    lines of `conversations` that have a given prompt by `first_turn_prompt` and the candidates' columns finds the same.

    Only regular comparisons count: no surplus, no repeats, no attention checks.
    """

    item_id: int
    """Number of the item: that of its candidate set."""
    language: str
    """Language of the item, ISO 639-1."""
    prompt: str
    """The opening message."""
    prompt_key: str | None
    """The researchers' name of the prompt. Null: it has none."""
    prompt_group: str | None
    """Ties items whose prompts are translations of each other. Null: none known. Their texts differ: figures across
    them compare answers to different wordings."""
    topic: str | None
    """Topic of the prompt. Null: none stated."""
    factual: bool
    """True: a question of fact, to which candidates may agree."""
    responses: list[str]
    """The candidates in the set's one canonical order: `response_a`, `response_b` and so on of `conversations`."""
    people: int
    """People who compared them."""
    votes: list[int]
    """How many people chose each candidate, in that order."""
    votes_none: int
    """How many people said "none of these"."""
    entropy: float | None
    """Entropy of the choices in bits, "none of these" as one more choice, corrected for the small number of people
    (Miller and Madow 1955). Null: fewer than two people."""
    pair_agreement: float | None
    """Share of all pairs of two people who made the same choice, "none of these" as one more. By chance it would be one
    in five with four candidates and "none of these". Null: fewer than two people."""
    strata: list[StratumVotes]
    """The same votes by country, in alphabetical order; `votes` has them by every other column too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """The votes of one stratum on one item: a soft label. The strata of different columns overlap: take one
    `stratum_column` at a time."""

    item_id: int
    """The item, as in `items`."""
    language: str
    """Language of the item, ISO 639-1."""
    stratum_column: str
    """The column of `annotators` by whose values people are told apart; `everybody`: they are not."""
    stratum: str
    """The value of that column; `not given`, or `everybody`."""
    prompt: list[Message]
    """The opening message."""
    responses: list[str]
    """The candidates in the set's canonical order."""
    people: int
    """People of the stratum who compared them."""
    votes: list[int]
    """How many of them chose each candidate, in that order."""
    votes_none: int
    """How many of them said "none of these"."""
    distribution: list[float]
    """Shares of the candidates in that order, and of "none of these" last, to six decimals."""
