"""What a published line holds: one dataclass per table, a docstring under each field. Knows no Django.

The codebook is written from these docstrings (exports.codebook), the columns of the files from the fields.
"""

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from operator import attrgetter
from textwrap import dedent
from typing import Any, TypedDict, get_type_hints

SCHEMA_VERSION = "3"
"""Goes up when a column is added, taken away or comes to mean something else."""

ORDINALS = ("first", "second", "third", "fourth")
LETTERS = "abcdefgh"


class Message(TypedDict):
    """One message of a conversation, as chat models are given it."""

    role: str
    """`user` or `assistant`."""
    content: str
    """The text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One conversation of one annotator, in one line, with the columns of Community Alignment in their order."""

    conversation_id: int
    """Number of the conversation, the same in every release of the study and in every table."""
    assigned_lang: str
    """Language of the conversation, ISO 639-1."""
    annotator_id: int
    """Number of the person, the same in every release of the study. Drawn at random; not derived from any account."""
    wave: int
    """Number of the collection wave. Waves have disjoint annotators."""
    annotator_age: str | None
    """Age band. Null: not given, not asked, or an answer without a published name."""
    annotator_gender: str | None
    """Gender. Null as above."""
    annotator_education_level: str | None
    """Highest level of education. Null as above."""
    annotator_political: str | None
    """Political leaning, by self-placement. Null as above."""
    annotator_ethnicity: str | None
    """Ethnicity or background, in the categories of the country. Null as above."""
    annotator_country: str | None
    """Country of residence: its English name in lower case. Null as above."""
    is_pregenerated_first_prompt: bool
    """True: the opening message was given, and others may have got the same one with the same four candidates. False:
    the annotator wrote it."""
    in_balanced_subset: bool
    """Whether the line is in a demographically balanced subset: of people drawn per country from strata, at most so
    many lines each, by the rule, the columns and the seed in `MANIFEST.json`. Always false where the study asks for
    none."""
    in_balanced_subset_10: bool
    """The same, and the line's item has at least ten people of the balanced subset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationTurn:
    """One turn inside a line of `conversations`: these columns come four times, from `first_turn_` to `fourth_turn_`.

    Turns are the compared ones in the order in which they happened; all columns are null from the first turn on that
    did not happen. Where somebody said "none of these", the next turn holds the same message in other words, or the
    same message with a fresh set (`turns.follows` says which): it stands in the conversation's history in place of the
    turn without a preferred response. The history that a turn's candidates answer is therefore made of the earlier
    turns with a preferred response only.
    """

    prompt: str
    """The message that the candidates answer."""
    responses: str
    """The four candidates in one block, each under a line `# Response A:` to `# Response D:`. If a line of a candidate
    itself begins so, it has a backslash before it here; the four columns that follow are exact."""
    response_a: str
    """The candidate in place A of the set's one canonical order, which was shuffled once for all annotators. The order
    that this person saw is in `turns`."""
    response_b: str
    """The candidate in place B."""
    response_c: str
    """The candidate in place C."""
    response_d: str
    """The candidate in place D."""
    preferred_response: str | None
    """`response_a` to `response_d`: the candidate that was chosen. Null: the annotator said "none of these"."""
    feedback: str | None
    """Why, in the annotator's words. Null: not asked, not given, or the person keeps their texts to themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn of one conversation: what was asked, how it was shown, what was chosen. Also turns without a comparison,
    and those of surplus conversations, attention checks and repeats, which `conversations` leaves out."""

    conversation_id: int
    """The conversation, as in `conversations`."""
    turn: int
    """Number of the turn in its conversation, from 1."""
    annotator_id: int
    """The person, as in `conversations`."""
    language: str
    """Language of the conversation, ISO 639-1."""
    follows: str
    """What came before: `start`; `choice` (a candidate was chosen); after "none of these" a `rewording` of the message,
    or the same message with a `fresh` set."""
    prompt: str
    """The message that the candidates answer."""
    is_given_prompt: bool
    """True: the opening message of an item. False: the annotator wrote the message."""
    prompt_key: str | None
    """The researchers' name of this conversation's given opening prompt. Null: it has none, or was self-written."""
    prompt_group: str | None
    """Ties given prompts that are translations of each other. Null: none known."""
    topic: str | None
    """Topic of that prompt. Null: none stated."""
    candidate_set_id: int
    """The candidates, as in `candidates`. Turns that share it were shown the identical texts: that is an item."""
    set_status: str
    """`ready`; or `waiting` (for a worker), `failed`: then nothing was shown, and `candidates` lacks the set."""
    order_shown: list[int]
    """The slots (`candidates.slot`) in the order in which this person saw them, from the first place of the screen."""
    order_seed: int
    """Seed of that order."""
    order_index: int | None
    """Which order of the item's balanced series it is, from 0. Null: drawn freely."""
    outcome: str
    """`chosen`; `none` (none of these is good); `skipped` (the task was left in this turn, see `left_because`);
    `missing` (not compared)."""
    chosen_slot: int | None
    """Slot (`candidates.slot`) of the chosen candidate. Null: none was chosen."""
    chosen_place: int | None
    """Place on this person's screen in which the chosen candidate stood, from 1. Null: none was chosen."""
    feedback: str | None
    """Why, in the annotator's words. Null: not asked, not given, or the person keeps their texts to themselves."""
    feedback_asked: bool
    """True: this turn asked why."""
    feedback_probability: float
    """Probability with which it did: the study's share of turns; 0 where the study never asks."""
    strength: int | None
    """How much better the chosen candidate is than the others ("How much better is it than the others?"): 1 a little
    better, 2 better, 3 much better. Null: not asked, not said, or none was chosen."""
    acceptable: list[str] | None
    """For each candidate from slot 0 on: `yes` ("Acceptable"), `no` ("Not acceptable") or `unsaid`. Null: not asked, or
    not said of any."""
    better: str | None
    """After "none of these": what would have been better, in the annotator's words. Null: as for `feedback`."""
    exposure_order: list[int] | None
    """For each candidate from slot 0 on: as which one it came on the screen, from 1; 0: never. A candidate counts from
    half a second on the screen on. Those that came at the same moment are numbered by their places. Null: not compared,
    or the page did not say. Who uses a screen reader may read what never came on the screen."""
    exposure_milliseconds: list[int] | None
    """For how long some of the candidate was on the screen. Null as above."""
    exposure_percent: list[int] | None
    """How much of the candidate's height came on the screen. Less than 100: some of it stayed folded or was never
    scrolled to. Null as above."""
    seconds_waited: float | None
    """From the message to the candidates on the screen, to a tenth of a second. Null: they were not shown."""
    seconds_to_choose: float | None
    """From the candidates on the screen to the comparison, to a tenth of a second. Null: not known."""
    day: date
    """Day of the message, UTC."""
    task_status: str
    """`completed`; `open` (not finished at the time of the snapshot), `expired` or `abandoned`. Comparisons of
    unfinished conversations are as valid as others."""
    left_because: str | None
    """Why an abandoned task was left. Null: it was not, or no reason is known."""
    kind: str
    """`regular`; `repeat`: an item given to the same person once more; `attention`: an item that says which answer to
    choose. Only regular conversations count in an item's overlap."""
    repeat_of: int | None
    """The conversation of which this is a repeat. Null: it is none."""
    expected_slot: int | None
    """Slot of the answer that an attention check asks for. Null: it is none."""
    surplus: bool
    """True: the place of this conversation in the item's overlap had gone to somebody else when it was handed in."""
    draw_probability: float
    """Probability with which this opening prompt (or a prompt of one's own) was drawn for the person at that moment."""
    study_version: int
    """Version of the study's configuration under which the task was given, see `MANIFEST.json`."""
    after_survey: bool
    """True: before this turn the person had answered questions about themselves that were not among the first ones
    (politics, values and the like), which may have been on their mind."""
    verbatim_agreed: bool
    """False: the person did not agree that their own texts are published. Only first turns on given prompts are here,
    without the reasons; the other turns answer what the person wrote, and are left out of every table."""
    training_agreed: bool
    """False: the person did not agree that models are trained with their answers. Leave these conversations out of
    training; tables made for training do not hold them."""
    device: str | None
    """`phone`, `tablet` or `computer`. Null: not compared, or the page did not say."""
    seconds_visible: float | None
    """For how long the page could be seen with the candidates on it, to a tenth of a second. Null as above."""
    characters_read: int | None
    """Characters of the message and the candidates. Null: they were not shown."""
    characters_per_second: float | None
    """Those, by `seconds_visible`, or by `seconds_to_choose` where that is null. Null: not compared."""
    pace_percentile: int | None
    """Of a hundred turns of this release in the same language on the same kind of device, how many were slower. Null:
    not compared, or fewer than 30 of them."""
    feedback_copied: float | None
    """Share of the explanation that stands in a candidate, 20 characters in a row or more. Null: there is none."""
    feedback_times: int | None
    """How often the person gave this very explanation. Null: there is none."""
    feedback_pasted: float | None
    """Share of the explanation that was pasted, at most. Null: there is none, or the page did not say."""
    message_pasted: float | None
    """Share of the message that was pasted, at most. Null: the person did not write it, or the page did not say."""
    flags: list[str]
    """Facts to look at, no verdicts: `fast` (`pace_percentile` of 95 or more), `short-explanation` (fewer than 8
    letters), `copied` (half of it or more), `repeated`, `other-language` (the explanation or the person's own message
    is surely in another language; Hindi in Latin letters or mixed is never called so). Pasting or dictating is no flag,
    and whether others chose the same is no part of any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotator:
    """One person: who they are, as far as they said, and how they worked, in facts and without verdicts. Whether they
    agree with others is no part of it."""

    annotator_id: int
    """The person, as in `conversations`."""
    wave: int
    """As in `conversations`; so are the six columns that follow."""
    annotator_age: str | None
    """Age band. Null as there."""
    annotator_gender: str | None
    """Gender. Null as there."""
    annotator_education_level: str | None
    """Highest level of education. Null as there."""
    annotator_political: str | None
    """Political leaning. Null as there."""
    annotator_ethnicity: str | None
    """Ethnicity or background. Null as there."""
    annotator_country: str | None
    """Country of residence. Null as there."""
    known_by: str
    """How it was known, when the person joined, that they were not somebody else, or somebody who had joined before:
    `invitation` (a link alone); `signed-id` (their id at the panel that sent them, signed by that panel); `bare-id` (an
    id there that anybody can have made up). The id itself is never published."""
    balanced: bool
    """Whether they were drawn for the balanced subset, see `publishing` in `MANIFEST.json`. False for everybody where
    the study asks for none."""
    weight: float | None
    """Post-stratification weight, 1 on average, by raking to the margins in `MANIFEST.json`. Weigh people with it, not
    lines. Null: the study asks for none."""
    comparisons: int
    """Comparisons in this release, those of attention checks and repeats included."""
    none_of_these: int
    """Of these, how often they said that no candidate is good."""
    most_chosen_place: int | None
    """The place on their screen that they chose most often, from 1; every person sees another order. Null: none."""
    most_chosen_place_share: float | None
    """Its share of all choices. Null: none."""
    longest_run: int
    """Choices of one place in a row, at most, in the order in which they were made."""
    median_pace_percentile: float | None
    """The middle of `turns.pace_percentile`. Null: no turn has one."""
    fast_turns: int
    """Turns with the flag `fast`, of those with a `pace_percentile`: see `timed_turns`."""
    timed_turns: int
    """Turns with a `pace_percentile`."""
    explanations: int
    """Explanations given."""
    short_explanations: int
    """Turns with the flag `short-explanation`; and so on for the three that follow."""
    copied_explanations: int
    """Turns with the flag `copied`."""
    repeated_explanations: int
    """Turns with the flag `repeated`."""
    other_language_turns: int
    """Turns with the flag `other-language`."""
    pasted_share: float | None
    """Share of all characters of their explanations that was pasted, at most. Null: the page never said."""
    attention_checks: int
    """Attention checks done, in all studies of the panel."""
    attention_missed: int
    """Of these, how many were missed."""
    repeats: int
    """Items given once more, in all studies of the panel."""
    repeats_same: int
    """Of these, how often they chose the same again."""
    rules_hit: list[str]
    """Rules of the study that noted something by counting: `attention`, `repeat`, `timing`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One candidate of one set that was shown, with where it comes from."""

    candidate_set_id: int
    """The set, as in `turns`."""
    slot: int
    """Place in which it was generated or imported, from 0. Nobody saw this order."""
    response: str
    """Letter of its place in the set's canonical order: `a` stands in `response_a` of `conversations`."""
    text: str
    """The candidate."""
    language: str
    """Language that it was to be written in, ISO 639-1."""
    factual: bool
    """True: a question of fact, to which candidates may agree."""
    method: str
    """How it came about: `negatively-correlated`, `ordinary`, `independent`, `imported` …"""
    generator: str | None
    """Which generator wrote it. Null: it was imported."""
    model: str | None
    """The model, as the recipe names it. Null: it was imported."""
    revision: str | None
    """The hub's commit, or the checksum of a local model's weights. Null: it was imported."""
    recipe_sha256: str
    """Hash of the recipe, see `MANIFEST.json`."""
    wording_sha256: str | None
    """Hash of the instruction's wordings. Null: no instruction was given."""
    decoding: str | None
    """Decoding settings as JSON. Null: it was imported."""
    seed: int | None
    """Seed of the completion. Null: the generator honours none, or it was imported."""
    completion: int | None
    """Number of the completion it was cut from, within its set: equal numbers are one completion. Null: imported."""
    stop_reason: str | None
    """Why that completion ended. Null: it was imported."""
    author_kind: str | None
    """`person` or `model`, as the source of an imported candidate states. Null: generated, or not stated."""
    author: str | None
    """Who wrote an imported candidate, as its source states. Null: generated, or not stated."""
    labels: list[str]
    """Labels that researchers gave it before collection."""
    set_remarks: list[str]
    """What was noticed about its set and let pass, such as `alike`."""
    set_distance: float | None
    """How far apart the candidates of its set are, as they were shown: one less the cosine of their character 3- to
    5-grams, averaged over pairs, 0 to 1. Measured when the set was written. Null: it was imported, or not measured."""
    source_file: str | None
    """Name of the file an imported set was read from. Null: generated."""
    source_sha256: str | None
    """Checksum of that file. Null: generated."""
    source_line: int | None
    """Line in that file. Null: generated, or the file has no lines."""


@dataclass(frozen=True, slots=True)
class Column:
    """One published column."""

    name: str
    type: Any
    about: str


def columns(record: type, *, prefix: str = "", may_be_null: bool = False) -> list[Column]:
    """Return the columns of a record, in order."""
    types, documented = get_type_hints(record), docstrings(record)
    return [
        Column(
            name=prefix + field.name,
            type=types[field.name] | None if may_be_null else types[field.name],
            about=documented.get(field.name, ""),
        )
        for field in fields(record)
    ]


def wide_columns() -> list[Column]:
    """Return the 45 columns of `conversations`."""
    turns = [columns(ConversationTurn, prefix=f"{ordinal}_turn_", may_be_null=True) for ordinal in ORDINALS]
    return [*columns(Conversation), *(column for turn in turns for column in turn)]


@cache
def docstrings(record: type) -> dict[str, str]:
    """Return what stands under each field of a record, on one line."""
    body = ast.parse(dedent(inspect.getsource(record))).body[0]
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in zip(body.body, body.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }


@cache
def values_of(record: type) -> Callable[[Any], tuple[Any, ...]]:
    """Return the function that takes a record apart into its values, in order."""
    return attrgetter(*(field.name for field in fields(record)))
