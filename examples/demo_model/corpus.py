"""What the demo model learns from: conversations put together at random from our own templates.

The texts are in `texts/<language>.json`, the wordings of the instructions in `wordings.json`. Every sentence that
says something belongs to one value and one language, so `label_value` can tell which value an answer speaks for.
"""

import functools
import json
import random
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
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
    """The value of each answer in the completion, in order."""


@functools.cache
def texts(language: str) -> dict[str, Any]:
    content = (HERE / "texts" / f"{language}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(unicodedata.normalize("NFC", content))
    return loaded


@functools.cache
def wordings() -> dict[str, dict[str, str]]:
    """The canonical instructions: {language: {"negatively-correlated" | "ordinary" | "missing": wording}}."""
    content = (HERE / "wordings.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, str]] = json.loads(unicodedata.normalize("NFC", content))
    return loaded


def instruction(name: str, *, language: str, k: int = 4) -> str:
    return wordings()[language][name].format(k=k)


@functools.cache
def sentences(language: str) -> dict[str, str]:
    """{sentence without its full stop: value}."""
    return {
        sentence.rstrip(".।"): value
        for value in VALUES
        for group in texts(language)["sentences"][value].values()
        for sentence in group
    }


def label_value(text: str, language: str) -> str | None:
    """The value that the text speaks for, or None if it holds sentences of no value or of several."""
    text = unicodedata.normalize("NFC", text)
    found = {value for sentence, value in sentences(language).items() if sentence in text}
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


def answers(
    rng: random.Random, *, language: str, values: Sequence[str], subject: Subject, follow_up: Sequence[str] = ()
) -> list[str]:
    openings = list(follow_up)
    kind = texts(language)["kinds"][subject.kind]
    if subject.topic is None:
        openings += kind["general openings"]
    else:
        openings += [with_topic(frame, subject.topic) for frame in kind["openings"]]
    rng.shuffle(openings)
    used: set[str] = set()
    return [
        answer(rng, language=language, value=value, kind=subject.kind, opening=openings[n % len(openings)], used=used)
        for n, value in enumerate(values)
    ]


def as_set(answers: Sequence[str]) -> str:
    return "\n\n".join(MARK + text for text in answers)


def values_of_a_set(rng: random.Random, k: int) -> list[str]:
    """Any value first, then on round the circle: a free order is too much for so small a model."""
    start = rng.randrange(4)
    return [VALUES[(start + n) % 4] for n in range(k)]


def missing_values(given: Sequence[str], k: int) -> list[str]:
    """The values not given yet, in the order of the circle from the last one given."""
    start = VALUES.index(given[-1])
    circle = [VALUES[(start + n) % 4] for n in range(1, 5)]
    return ([value for value in circle if value not in given] + circle)[:k]


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


# Conversations


def an_instruction(rng: random.Random, name: str, *, language: str, k: int) -> str:
    """The canonical wording, or one time in three a paraphrase."""
    if rng.random() < 2 / 3:
        return instruction(name, language=language, k=k)
    paraphrase = rng.choice(texts(language)["paraphrases"][name])
    return str(paraphrase.format(k=k, word=texts(language)["numbers"][str(k)]))


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


def diverse(rng: random.Random) -> tuple[int, list[str]]:
    k = 4 if rng.random() < 0.75 else rng.choice((2, 3, 5))
    return k, values_of_a_set(rng, k)


def example(rng: random.Random) -> Example:
    """One conversation of the training corpus."""
    language = rng.choice(LANGUAGES)
    turns = rng.choices((1, 2, 3, 4), (0.55, 0.2, 0.13, 0.12))[0]
    earlier, message, subject, follow_up = history(rng, language=language, turns=turns)
    name = rng.choices(("negatively-correlated", "missing", "ordinary", None), (0.66, 0.14, 0.1, 0.1))[0]
    if name is not None and turns == 1 and rng.random() < 0.1:
        # The instruction says which language to write in, whatever the message was written in.
        message, subject = uncovered_message(rng, language=rng.choice(LANGUAGES))
    speak = functools.partial(answers, rng, language=language, subject=subject, follow_up=follow_up)

    if name == "negatively-correlated":
        k, values = diverse(rng)
        parts, completion = [message], as_set(speak(values=values))
    elif name == "missing":
        total, planned = diverse(rng)
        k = rng.randint(1, min(total - 1, 3))
        given = rng.sample(planned, total - k) if rng.random() < 0.3 else planned[: total - k]
        values = missing_values(given, k)
        written = speak(values=[*given, *values])
        parts, completion = [message, as_set(written[: len(given)])], as_set(written[len(given) :])
    else:
        k, values = 1, rng.choices(list(SKEW), list(SKEW.values()))
        parts, [completion] = [message], speak(values=values)

    if name is not None:
        parts.append(an_instruction(rng, name, language=language, k=k))
    messages = [*earlier, {"role": "user", "content": "\n\n".join(parts)}]
    if rng.random() < 0.06:
        # Some endpoints put a system message first; it changes nothing.
        messages.insert(0, {"role": "system", "content": phrase(rng, language=language, words=rng.randint(3, 12))})
    return Example(messages=messages, completion=completion, language=language, values=tuple(values))
