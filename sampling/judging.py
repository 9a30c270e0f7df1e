"""A judge says what value each text speaks for: a model that chooses from a list, which it is shown in both orders.

Models favour options for where they stand: Zheng et al., "Large Language Models Are Not Robust Multiple Choice
Selectors" (ICLR 2024). So a label is given only where both orders lead to the same value; the rest is undecided.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sampling.alikeness import normalised
from sampling.asking import Message, Reply, Request
from sampling.generators import generator_of
from sampling.generators.interface import CannotScore, Generator, Progress, PromptTooLong
from sampling.judge_file import Judge
from sampling.labelling import Given, Labelable, record
from sampling.models import Label
from sampling.wordings import NoWording, wording

AT_ONCE = 16
"""Texts that are judged together: twice as many requests."""


@dataclass(kw_only=True)
class Judged:
    """What became of the texts that a judge was shown."""

    source: str = ""
    """The judge, as its labels name it."""
    texts: int = 0
    known: int = 0
    """Labelled by this judge before."""
    decided: int = 0
    undecided: int = 0
    too_long: int = 0
    not_worded: int = 0
    """In a language in which a value, or the question, has no words."""


Tell = Callable[[Judged], None]


def judge_texts(
    texts: Iterator[Labelable], *, judge: Judge, now: datetime, progress: Tell = lambda judged: None
) -> Judged:
    """Label the texts that this judge has not labelled yet; return what became of them. It can be run again.

    :raises GeneratorFailed: if the judge cannot answer; what it said before is kept.
    """
    generator = generator_of(judge.generator, judge.decoding)
    judged = Judged(source=_source(generator))
    while together := list(islice(texts, AT_ONCE)):
        judged.texts += len(together)
        new = [text for text in together if not _is_known(text, judge, judged.source)]
        judged.known += len(together) - len(new)
        _judge(new, judge=judge, generator=generator, judged=judged, now=now)
        progress(judged)
    return judged


def _judge(texts: Sequence[Labelable], *, judge: Judge, generator: Generator, judged: Judged, now: datetime) -> None:
    asked = [(text, questions) for text in texts if (questions := _questions(text, judge))]
    judged.not_worded += len(texts) - len(asked)
    answers = _answers([questions for _text, questions in asked], generator)
    given = []
    for (text, questions), replies in zip(asked, answers, strict=True):
        if replies is None:
            judged.too_long += 1
            continue
        value = agreed(questions, replies)
        judged.decided += bool(value)
        judged.undecided += not value
        given.append(Given(candidate_set_id=text.candidate_set_id, text_sha256=text.sha256, value=value))
    record(given, scheme=judge.scheme, source=judged.source, now=now)


@dataclass(frozen=True)
class Question:
    """One of the two ways in which a judge is asked about a text."""

    messages: list[Message]
    options: dict[str, str]
    """The words for each value, by its key, in the order in which they stand in the question."""

    def scored(self) -> Request:
        return Request(messages=self.messages, purpose="label", options=tuple(self.options.values()))

    def answered(self) -> Request:
        return Request(messages=self.messages, purpose="label")


def _questions(text: Labelable, judge: Judge) -> list[Question]:
    """Return both questions about a text; none where words are missing in its language."""
    options = judge.options(text.language)
    if options is None:
        return []
    return [
        question
        for order in (options, dict(reversed(options.items())))
        if (question := _question(text, order)) is not None
    ]


def _question(text: Labelable, options: dict[str, str]) -> Question | None:
    try:
        asked = wording("judge", language=text.language, options=" / ".join(options.values()))
    except NoWording:
        return None
    spoken = [{"role": "assistant", "content": text.text}, {"role": "user", "content": asked}]
    return Question([*text.messages, *spoken], options)


def _answers(asked: Sequence[list[Question]], generator: Generator) -> list[list[Reply] | None]:
    """Return both replies for each text; None for texts that are too long to be asked about."""
    try:
        return list(_answers_to_all(asked, generator))
    except PromptTooLong:
        if len(asked) == 1:
            return [None]
        return [answer for one in asked for answer in _answers([one], generator)]


def _answers_to_all(asked: Sequence[list[Question]], generator: Generator) -> Iterator[list[Reply]]:
    questions = [question for both in asked for question in both]
    try:
        replies = generator.complete([question.scored() for question in questions], progress=Progress())
    except CannotScore:
        replies = generator.complete([question.answered() for question in questions], progress=Progress())
    yield from (replies[place : place + 2] for place in range(0, len(replies), 2))


def agreed(questions: Sequence[Question], replies: Sequence[Reply]) -> str:
    """Return the value that every reply names; empty where they differ or one names none."""
    chosen = {choice(question, reply) for question, reply in zip(questions, replies, strict=True)}
    return chosen.pop() if len(chosen) == 1 else ""


def choice(question: Question, reply: Reply) -> str:
    """Return the key of the value that a reply names, by its scores or in its words; empty for none or several."""
    keys = list(question.options)
    if reply.scores:
        return keys[max(range(len(keys)), key=lambda place: reply.scores[place])]
    said = f" {normalised(reply.text)} "
    named = {key: words for key, option in question.options.items() if (words := _named(said, key, option))}
    # "freedom" is not named by an answer that names "freedom of faith".
    whole = [
        key for key, words in named.items() if not any(words in others and words != others for others in named.values())
    ]
    return whole[0] if len(whole) == 1 else ""


def _named(said: str, key: str, option: str) -> str:
    """Return the words by which a value is named in what was said; empty where it is not."""
    ways = (normalised(option), normalised(key))
    return next((words for words in ways if f" {words} " in said), "")


def _is_known(text: Labelable, judge: Judge, source: str) -> bool:
    return Label.objects.filter(
        candidate_set=text.candidate_set_id, text_sha256=text.sha256, scheme=judge.scheme, source=source
    ).exists()


def _source(generator: Generator) -> str:
    """Return how a judge's labels name it: model@revision, with its adapter and endpoint if it has them."""
    model = "@".join(filter(None, [generator.model, generator.revision]))
    return " ".join(filter(None, [model, generator.adapter, generator.endpoint]))[:400]
