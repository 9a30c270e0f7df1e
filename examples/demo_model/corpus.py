"""What the demo model learns from: conversations put together at random from our own templates.

The texts are in `texts/<language>.json`, the wordings of the instructions in `wordings.json`. Every sentence that
says something belongs to one value and one language, so `label_value` can tell which value an answer speaks for.
"""

import functools
import json
import math
import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
VALUES = ("traditional", "secular-rational", "self-expression", "survival")
LANGUAGES = ("en", "fr", "it", "hi", "pt", "ar")
MARK = "### "

# What the model prefers when it is asked for one answer: the monoculture that a diverse set is compared with.
SKEW = {"traditional": 0.04, "secular-rational": 0.55, "self-expression": 0.33, "survival": 0.08}

KINDS = {"advice": 0.5, "writing": 0.2, "plan": 0.2, "talk": 0.1}
ODDITIES = (
    "😀",
    "!!!",
    "...",
    "🙏",
    "(?)",
    "→",
    "42",
    "2025",
    "10 %",
    "x = y + 1",
    "https://",
    "\n",
    "\n\n",
    "- ",
    "*",
)

Messages = list[dict[str, str]]


@dataclass(frozen=True)
class Subject:
    """What a message is about: a kind of request and, where the templates know it, a topic."""

    kind: str
    topic: str | None = None


@dataclass(frozen=True)
class Example:
    """A conversation that ends with a user message, and the completion that the model should write."""

    messages: Messages
    completion: str
    language: str
    values: tuple[str, ...]
    """The value of each answer in the completion, in order; for one that sums comments up, all of its values."""
    name: str | None
    """The instruction, or None where there was none."""


@functools.cache
def texts(language: str) -> dict[str, Any]:
    content = (HERE / "texts" / f"{language}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(unicodedata.normalize("NFC", content))
    return loaded


@functools.cache
def wordings() -> dict[str, dict[str, str]]:
    """The canonical instructions: {language: {name: wording}}."""
    content = (HERE / "wordings.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, str]] = json.loads(unicodedata.normalize("NFC", content))
    return loaded


def instruction(name: str, *, language: str, k: int = 4, **fields: str) -> str:
    return wordings()[language][name].format(k=k, **fields)


@functools.cache
def sentences(language: str) -> dict[str, str]:
    """{sentence without its full stop: value}."""
    return {
        sentence.rstrip(".।"): value
        for value in VALUES
        for group in texts(language)["sentences"][value].values()
        for sentence in group
    }


@functools.cache
def telling(language: str) -> tuple[str, ...]:
    """The sentences that may be the first of their value in an answer."""
    groups = [
        groups for value in VALUES for name, groups in texts(language)["sentences"][value].items() if name != "closings"
    ]
    return tuple(sentence for group in groups for sentence in group)


def choices(completion: str, language: str) -> list[int]:
    """Where a completion might go on in another way: where a value begins to be told, and where an answer ends."""
    begun = (completion.find(sentence) for sentence in telling(language))
    return [place for place in begun if place >= 0] + [end.start() for end in re.finditer("\n\n", completion)]


def values_in(text: str, language: str) -> set[str]:
    """The values whose sentences the text holds."""
    text = unicodedata.normalize("NFC", text)
    return {value for sentence, value in sentences(language).items() if sentence in text}


def label_value(text: str, language: str) -> str | None:
    """The value that the text speaks for, or None if it holds sentences of no value or of several."""
    found = values_in(text, language)
    return found.pop() if len(found) == 1 else None


def with_topic(frame: str, topic: str) -> str:
    """Fill a frame; in some languages a topic has a second form, "le travail|du travail", for {of}."""
    plain, _, genitive = topic.partition("|")
    filled = frame.format(t=plain, of=genitive)
    return filled[0].upper() + filled[1:]


# Answers


def answer(rng: random.Random, *, language: str, value: str, kind: str, opening: str, used: set[str]) -> str:
    """An opening and three sentences that speak for the value, none of them used before."""
    groups = texts(language)["sentences"][value]
    chosen = [rng.choice([s for s in groups[name] if s not in used]) for name in (kind, "reasons", "closings")]
    used.update(chosen)
    return " ".join([opening, *chosen])


def openings(*, language: str, subject: Subject) -> list[str]:
    kind = texts(language)["kinds"][subject.kind]
    if subject.topic is None:
        return list(kind["general openings"])
    return [with_topic(frame, subject.topic) for frame in kind["openings"]]


def answers(
    rng: random.Random, *, language: str, values: Sequence[str], subject: Subject, follow_up: Sequence[str] = ()
) -> list[str]:
    chosen = [*follow_up, *openings(language=language, subject=subject)]
    rng.shuffle(chosen)
    used: set[str] = set()
    return [
        answer(rng, language=language, value=value, kind=subject.kind, opening=chosen[n % len(chosen)], used=used)
        for n, value in enumerate(values)
    ]


def summary(rng: random.Random, *, language: str, values: Sequence[str], kind: str, opening: str) -> str:
    """One answer with a sentence for each value."""
    first, *others = (texts(language)["sentences"][value] for value in values)
    return " ".join([opening, rng.choice(first[kind]), *(rng.choice(groups["reasons"]) for groups in others)])


def as_set(answers: Sequence[str], probabilities: Sequence[float] = ()) -> str:
    marks = [f"{MARK}({probability:.2f}) " for probability in probabilities] or [MARK] * len(answers)
    return "\n\n".join(mark + text for mark, text in zip(marks, answers, strict=True))


def values_of_a_set(rng: random.Random, k: int) -> list[str]:
    """Any value first, then on round the circle: a free order is too much for so small a model."""
    start = rng.randrange(4)
    return [VALUES[(start + n) % 4] for n in range(k)]


def missing_values(given: Sequence[str], k: int) -> list[str]:
    """The values not given yet, in the order of the circle from the last one given."""
    start = VALUES.index(given[-1])
    circle = [VALUES[(start + n) % 4] for n in range(1, 5)]
    return ([value for value in circle if value not in given] + circle)[:k]


# Viewpoints and probabilities


def a_voice(rng: random.Random, *, language: str, value: str) -> str:
    """A viewpoint: two times in three in the words of examples/voices.yaml, which come first."""
    first, *others = texts(language)["voices"][value]
    return str(first if rng.random() < 2 / 3 else rng.choice(others))


def listed(rng: random.Random, *, language: str, values: Sequence[str]) -> str:
    """Viewpoints as an instruction lists them."""
    if rng.random() < 0.4:
        return "; ".join(texts(language)["voices"][value][0] for value in values)
    return "; ".join(a_voice(rng, language=language, value=value) for value in values)


def probabilities_by_skew(rng: random.Random, values: Sequence[str]) -> list[float]:
    """What the model says of its answers: about the skew, less for a value that it repeats, in all 1 at most."""
    weights = [
        SKEW[value] * (0.6 if value in values[:n] else 1) * rng.uniform(0.8, 1.2) for n, value in enumerate(values)
    ]
    total = rng.uniform(0.9, 1)
    return [max(0.01, math.floor(100 * total * weight / sum(weights)) / 100) for weight in weights]


# Messages


def held_out(topic: str, frame: str) -> bool:
    """One in five pairs of topic and frame is kept from training, for the evaluation."""
    return sum((topic + frame).encode()) % 5 == 0


def covered_message(rng: random.Random, *, language: str, kind: str, unseen: bool = False) -> tuple[str, Subject]:
    """A message that the templates know the topic of; an unseen one was kept from training."""
    templates = texts(language)["kinds"][kind]
    if kind == "talk":
        return rng.choice(templates["messages"]), Subject("talk")
    pairs = [(t, m) for t in templates["topics"] for m in templates["messages"] if held_out(t, m) == unseen]
    topic, frame = rng.choice(pairs)
    return with_topic(frame, topic), Subject(kind, topic)


@functools.cache
def vocabulary(language: str) -> tuple[str, ...]:
    """Words to build messages from that no template covers."""
    kinds = texts(language)["kinds"].values()
    known = " ".join(" ".join([*kind.get("topics", ()), *kind["messages"]]) for kind in kinds)
    words = {word.strip(".,:;?!") for word in known.replace("|", " ").split() if "{" not in word}
    return (*texts(language)["words"].split() * 3, *sorted(words))


def invented_word(rng: random.Random, language: str) -> str:
    letters = "".join(texts(language)["words"].split())
    return "".join(rng.choice(letters) for _ in range(rng.randint(3, 9)))


def phrase(rng: random.Random, *, language: str, words: int) -> str:
    """Words without sense; some of them unknown, and now and then a sign that people type."""
    chosen = [
        invented_word(rng, language) if rng.random() < 0.15 else rng.choice(vocabulary(language)) for _ in range(words)
    ]
    if rng.random() < 0.15:
        chosen.insert(rng.randrange(len(chosen) + 1), rng.choice(ODDITIES))
    return " ".join(chosen)


def uncovered_message(rng: random.Random, *, language: str) -> tuple[str, Subject]:
    """A message about something that the templates do not know, with or without a known way of asking."""
    kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
    if rng.random() < 0.5 and kind != "talk":
        frame = rng.choice(texts(language)["kinds"][kind]["messages"])
        thing = phrase(rng, language=language, words=rng.randint(1, 8))
        return with_topic(frame, f"{thing}|{thing}"), Subject(kind)
    words = rng.randint(2, 16) if rng.random() < 0.93 else rng.randint(30, 90)
    text = phrase(rng, language=language, words=words)
    text = text[0].upper() + text[1:] if rng.random() < 0.6 else text
    return text + rng.choice(("?", ".", "", "!")), Subject("advice")


def first_message(rng: random.Random, *, language: str) -> tuple[str, Subject]:
    if rng.random() < 0.5:
        return uncovered_message(rng, language=language)
    kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
    return covered_message(rng, language=language, kind=kind)


def next_message(rng: random.Random, *, language: str, subject: Subject) -> tuple[str, Subject, Sequence[str]]:
    """The message after an answer: a question about it, a new topic, or anything."""
    chance = rng.random()
    if chance < 0.6:
        follow_up = rng.choice(texts(language)["follow-ups"])
        return rng.choice(follow_up["messages"]), subject, follow_up["openings"]
    if chance < 0.75:
        topic = rng.choice(texts(language)["kinds"]["advice"]["topics"])
        return with_topic(rng.choice(texts(language)["new topics"]), topic), Subject("advice", topic), ()
    return (*first_message(rng, language=language), ())


# Instructions


def an_instruction(rng: random.Random, name: str, *, language: str, k: int, fields: dict[str, str]) -> str:
    """The canonical wording, or one time in three a paraphrase where there are any."""
    paraphrases = texts(language)["paraphrases"].get(name)
    if paraphrases is None or rng.random() < 2 / 3:
        return instruction(name, language=language, k=k, **fields)
    return str(rng.choice(paraphrases).format(k=k, word=texts(language)["numbers"][str(k)]))


# What may be asked for


Speak = Callable[[Sequence[str]], list[str]]
"""Writes an answer for each of the values, about the message at hand."""


@dataclass(frozen=True)
class Order:
    """What stands between a message and the end of its instruction, and what the model should write then."""

    completion: str
    values: Sequence[str]
    given: str = ""
    """Answers or comments that stand before the instruction."""
    k: int = 1
    fields: dict[str, str] = field(default_factory=dict)
    """What the instruction holds beside k."""


def a_plan(rng: random.Random) -> list[str]:
    return values_of_a_set(rng, 4 if rng.random() < 0.75 else rng.choice((2, 3, 5)))


def a_set(rng: random.Random, language: str, subject: Subject, speak: Speak) -> Order:
    values = a_plan(rng)
    return Order(as_set(speak(values)), values, k=len(values))


def the_rest_of_a_set(rng: random.Random, language: str, subject: Subject, speak: Speak) -> Order:
    planned = a_plan(rng)
    k = rng.randint(1, min(len(planned) - 1, 3))
    given = rng.sample(planned, len(planned) - k) if rng.random() < 0.3 else planned[: len(planned) - k]
    values = missing_values(given, k)
    written = speak([*given, *values])
    return Order(as_set(written[len(given) :]), values, given=as_set(written[: len(given)]), k=k)


def another(rng: random.Random, language: str, subject: Subject, speak: Speak) -> Order:
    """One more answer, without a mark, after one to four; the first is what the model says when it is not asked."""
    [first] = rng.choices(list(SKEW), list(SKEW.values()))
    start = VALUES.index(first)
    given = [VALUES[(start + n) % 4] for n in range(rng.choices((1, 2, 3, 4), (0.32, 0.32, 0.32, 0.04))[0])]
    if rng.random() < 0.3:
        given = [rng.choice(VALUES) for _ in given] if len(given) < 3 else rng.sample(VALUES, len(given))
    values = missing_values(given, 1)
    *before, completion = speak([*given, *values])
    return Order(completion, values, given=as_set(before))


def one_as_usual(rng: random.Random, language: str, subject: Subject, speak: Speak) -> Order:
    values = rng.choices(list(SKEW), list(SKEW.values()))
    [completion] = speak(values)
    return Order(completion, values)


def from_viewpoints(rng: random.Random, language: str, subject: Subject, speak: Speak) -> Order:
    """An answer from each viewpoint, in the order in which the instruction lists them."""
    k = 4 if rng.random() < 0.6 else rng.choice((2, 3))
    values = sorted(rng.sample(VALUES, k), key=VALUES.index)
    if rng.random() < 0.4:
        rng.shuffle(values)
    return Order(as_set(speak(values)), values, k=k, fields={"voices": listed(rng, language=language, values=values)})


def from_missing_viewpoints(rng: random.Random, language: str, subject: Subject, speak: Speak) -> Order:
    planned = sorted(rng.sample(VALUES, rng.choice((3, 4, 4))), key=VALUES.index)
    k = rng.randint(1, len(planned) - 1)
    values = sorted(rng.sample(planned, k), key=VALUES.index)
    given = [value for value in planned if value not in values]
    written = speak([*given, *values])
    voices = listed(rng, language=language, values=values)
    rest = as_set(written[len(given) :])
    return Order(rest, values, given=as_set(written[: len(given)]), k=k, fields={"voices": voices})


def from_one_viewpoint(rng: random.Random, language: str, subject: Subject, speak: Speak) -> Order:
    value = rng.choice(VALUES)
    [completion] = speak([value])
    return Order(completion, [value], fields={"voice": a_voice(rng, language=language, value=value)})


def values_of_a_pool(rng: random.Random, first: str) -> list[str]:
    """Mostly five values, from the first on round the circle."""
    k = rng.choices((3, 4, 5, 6), (0.1, 0.25, 0.55, 0.1))[0]
    return [VALUES[(VALUES.index(first) + n) % 4] for n in range(k)]


def with_probabilities(rng: random.Random, language: str, subject: Subject, speak: Speak) -> Order:
    """From the commonest value on."""
    values = values_of_a_pool(rng, "secular-rational")
    return Order(as_set(speak(values), probabilities_by_skew(rng, values)), values, k=len(values))


def with_small_probabilities(rng: random.Random, language: str, subject: Subject, speak: Speak) -> Order:
    """From the two rarest values on."""
    values = values_of_a_pool(rng, "survival")
    below = rng.choices((0.1, 0.05, 0.2, 0.15, 0.3), (0.6, 0.1, 0.1, 0.1, 0.1))[0]
    probabilities = [rng.randint(1, round(100 * below) - 1) / 100 for _ in values]
    written = f"{below:g}" if rng.random() < 0.8 else f"{below:.2f}"
    return Order(as_set(speak(values), probabilities), values, k=len(values), fields={"below": written})


def like_a_comment(rng: random.Random, language: str, subject: Subject, speak: Speak) -> Order:
    value = rng.choice(VALUES)
    comment, completion = speak([value, value])
    return Order(completion, [value], given=as_set([comment]))


def after_all_comments(rng: random.Random, language: str, subject: Subject, speak: Speak) -> Order:
    """One answer that takes up two to four comments, in their order."""
    values = rng.sample(VALUES, rng.choice((2, 3, 4)))
    opening = rng.choice(openings(language=language, subject=subject))
    completion = summary(rng, language=language, values=values, kind=subject.kind, opening=opening)
    return Order(completion, values, given=as_set(speak(values)))


@dataclass(frozen=True)
class Asked:
    """How often an instruction is trained, and what answers it."""

    share: float
    write: Callable[[random.Random, str, Subject, Speak], Order]


ASKED = {
    "negatively-correlated": Asked(0.3, a_set),
    "relevance-first": Asked(0.04, a_set),
    "missing": Asked(0.1, the_rest_of_a_set),
    "named-axes": Asked(0.09, from_viewpoints),
    "missing-axes": Asked(0.03, from_missing_viewpoints),
    "different": Asked(0.06, another),
    "verbalized": Asked(0.05, with_probabilities),
    "verbalized-tail": Asked(0.03, with_small_probabilities),
    "value-conditioned": Asked(0.1, from_one_viewpoint),
    "steered": Asked(0.05, like_a_comment),
    "overton": Asked(0.03, after_all_comments),
    "comment": Asked(0.01, one_as_usual),
    "ordinary": Asked(0.05, one_as_usual),
    None: Asked(0.06, one_as_usual),
}
"""By the names of the instructions. None: a message alone."""

FOR_ANY_TURN = ("negatively-correlated", "missing", "ordinary", None)


def a_name(rng: random.Random) -> str | None:
    [name] = rng.choices(list(ASKED), [asked.share for asked in ASKED.values()])
    return name


# Conversations


def history(rng: random.Random, *, language: str, turns: int) -> tuple[Messages, str, Subject, Sequence[str]]:
    """Earlier turns with the answer that was chosen in each, and the message that follows them."""
    message, subject = first_message(rng, language=language)
    follow_up: Sequence[str] = ()
    messages: Messages = []
    for _ in range(turns - 1):
        value = rng.choice(VALUES)
        [chosen] = answers(rng, language=language, values=[value], subject=subject, follow_up=follow_up)
        messages += [{"role": "user", "content": message}, {"role": "assistant", "content": chosen}]
        message, subject, follow_up = next_message(rng, language=language, subject=subject)
    return messages, message, subject, follow_up


def example(rng: random.Random) -> Example:
    """One conversation of the training corpus."""
    language = rng.choice(LANGUAGES)
    name = a_name(rng)
    # Long conversations take long to learn from, and what a later turn is the others have shown.
    turns = rng.choices((1, 2, 3, 4), (0.55, 0.2, 0.13, 0.12) if name in FOR_ANY_TURN else (0.85, 0.1, 0.03, 0.02))[0]
    earlier, message, subject, follow_up = history(rng, language=language, turns=turns)
    if name is not None and turns == 1 and rng.random() < 0.1:
        # The instruction says which language to write in, whatever the message was written in.
        message, subject = uncovered_message(rng, language=rng.choice(LANGUAGES))

    def speak(values: Sequence[str]) -> list[str]:
        return answers(rng, language=language, values=values, subject=subject, follow_up=follow_up)

    order = ASKED[name].write(rng, language, subject, speak)
    parts = [message, order.given]
    if name is not None:
        parts.append(an_instruction(rng, name, language=language, k=order.k, fields=order.fields))
    messages = [*earlier, {"role": "user", "content": "\n\n".join(filter(None, parts))}]
    if rng.random() < 0.06:
        # Some endpoints put a system message first; it changes nothing.
        messages.insert(0, {"role": "system", "content": phrase(rng, language=language, words=rng.randint(3, 12))})
    return Example(messages, order.completion, language, tuple(order.values), name)
