"""Measure the demo model: does it write what it was asked for? python examples/demo_model/evaluate.py"""

import argparse
import functools
import itertools
import random
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import corpus
import torch
from py3langid.langid import MODEL_FILE, LanguageIdentifier
from tqdm import tqdm
from transformers import AutoModelForCausalLM, AutoTokenizer

SAMPLING = {"do_sample": True, "temperature": 0.7, "top_p": 0.95, "top_k": 50}
MAX_NEW_TOKENS = 640
SETS_HELP = "completions per language and group, a multiple of four; half as many for each of the other instructions"
BATCH = 144
ASKED_FOR_SEVERAL = ("known topic", "any prompt", "several turns", "2, 3 or 5", "missing ones")
OTHER_INSTRUCTIONS = (
    "relevance-first",
    "named-axes",
    "missing-axes",
    "different",
    "verbalized",
    "verbalized-tail",
    "value-conditioned",
    "comment",
    "steered",
    "overton",
)
UNMARKED = ("one answer", "different", "value-conditioned", "comment", "steered", "overton")
ANSWER = re.compile(r"^### ", flags=re.MULTILINE)
PROBABILITY = re.compile(r"\((0\.\d\d|1\.00)\) ")


@dataclass(frozen=True)
class Case:
    group: str
    language: str
    messages: corpus.Messages
    k: int
    given: tuple[str | None, ...] = ()
    """The values of the answers that the prompt already holds."""
    expected: tuple[str, ...] = ()
    """The values that training would have answered with, in order."""
    below: float = 1.0
    """What every probability has to be below, or be where it is 1."""


@dataclass(frozen=True)
class Outcome:
    case: Case
    answers: list[str]
    fits: bool
    """Exactly as many answers as asked for, marked as asked for, and ended by the model itself."""
    probabilities: tuple[float, ...] = ()


def asked(
    message: str, *, name: str | None, language: str, k: int, earlier: Sequence[dict[str, str]] = ()
) -> corpus.Messages:
    parts = [message] if name is None else [message, corpus.instruction(name, language=language, k=k)]
    return [*earlier, {"role": "user", "content": "\n\n".join(parts)}]


def known_topic(rng: random.Random, language: str, n: int) -> Case:
    kind = rng.choice(("advice", "writing", "plan"))
    message, _ = corpus.covered_message(rng, language=language, kind=kind, unseen=True)
    messages = asked(message, name="negatively-correlated", language=language, k=4)
    return Case("known topic", language, messages, 4)


def any_prompt(rng: random.Random, language: str, n: int) -> Case:
    prompts = corpus.texts(language)["evaluation"]
    messages = asked(prompts[n % len(prompts)], name="negatively-correlated", language=language, k=4)
    return Case("any prompt", language, messages, 4)


def several_turns(rng: random.Random, language: str, n: int) -> Case:
    earlier, message, *_ = corpus.history(rng, language=language, turns=2 + n % 3)
    messages = asked(message, name="negatively-correlated", language=language, k=4, earlier=earlier)
    return Case("several turns", language, messages, 4)


def another_number(rng: random.Random, language: str, n: int) -> Case:
    k = (2, 3, 5)[n % 3]
    message = rng.choice(corpus.texts(language)["evaluation"])
    return Case("2, 3 or 5", language, asked(message, name="negatively-correlated", language=language, k=k), k)


def missing_ones(rng: random.Random, language: str, n: int) -> Case:
    k = 1 + n % 3
    message = rng.choice(corpus.texts(language)["evaluation"])
    values = corpus.values_of_a_set(rng, 4)[: 4 - k]
    given = corpus.answers(rng, language=language, values=values, subject=corpus.Subject("advice"))
    message = f"{message}\n\n{corpus.as_set(given)}"
    messages = asked(message, name="missing", language=language, k=k)
    return Case("missing ones", language, messages, k, given=tuple(values))


def one_answer(rng: random.Random, language: str, n: int) -> Case:
    """Four in a row for the same prompt: together they are an independent set."""
    prompts = corpus.texts(language)["evaluation"]
    # The last two prompts are code and slang: without an instruction their language is anyone's guess.
    message = prompts[n // 4 % (len(prompts) - 2)]
    name = "ordinary" if n // 4 % 2 else None
    return Case("one answer", language, asked(message, name=name, language=language, k=1), 1)


def instructed(rng: random.Random, language: str, n: int, *, name: str) -> Case:
    """A hand-written prompt with another instruction and what belongs to it, drawn as for training."""
    message = corpus.texts(language)["evaluation"][n % 12]
    subject = corpus.Subject("advice")

    def speak(values: Sequence[str]) -> list[str]:
        return corpus.answers(rng, language=language, values=values, subject=subject)

    order = corpus.ASKED[name].write(rng, language, subject, speak)
    instruction = corpus.instruction(name, language=language, k=order.k, **order.fields)
    parts = [part for part in (message, order.given, instruction) if part]
    given = tuple(corpus.label_value(answer, language) for answer in ANSWER.split(order.given)[1:])
    messages = [{"role": "user", "content": "\n\n".join(parts)}]
    below = float(order.fields.get("below", 1))
    return Case(name, language, messages, order.k, given=given, expected=tuple(order.values), below=below)


GROUPS: tuple[Callable[[random.Random, str, int], Case], ...] = (
    known_topic,
    any_prompt,
    several_turns,
    another_number,
    missing_ones,
    one_answer,
)
OTHER_GROUPS = tuple(functools.partial(instructed, name=name) for name in OTHER_INSTRUCTIONS)


def complete(
    model: torch.nn.Module, tokenizer: AutoTokenizer, cases: Sequence[Case]
) -> Iterator[tuple[Case, str, bool]]:
    """Each case with the completion and whether the model ended it."""
    prompts = [tokenizer.apply_chat_template(c.messages, add_generation_prompt=True, tokenize=False) for c in cases]
    inputs = tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False)
    with torch.inference_mode():
        outputs = model.generate(**inputs, max_new_tokens=MAX_NEW_TOKENS, **SAMPLING)
    for case, tokens in zip(cases, outputs[:, inputs["input_ids"].shape[1] :], strict=True):
        yield case, tokenizer.decode(tokens, skip_special_tokens=True), tokenizer.eos_token_id in tokens


def outcome(case: Case, text: str, ended: bool) -> Outcome:
    if case.group in UNMARKED:
        return Outcome(case, [text], ended and bool(text.strip()) and "###" not in text)
    before, *parts = ANSWER.split(text)
    answers = [part.strip() for part in parts]
    fits = ended and not before.strip() and len(answers) == case.k and all(answers)
    if case.group not in {"verbalized", "verbalized-tail"}:
        return Outcome(case, answers, fits)
    marks = [PROBABILITY.match(answer) for answer in answers]
    probabilities = tuple(float(mark[1]) for mark in marks if mark)
    return Outcome(case, [PROBABILITY.sub("", a, count=1) for a in answers], fits and all(marks), probabilities)


def cases_to_measure(rng: random.Random, sets: int) -> list[Case]:
    """So many per language and group; half as many for each of the other instructions."""
    numbers = [(group, sets) for group in GROUPS] + [(group, (sets + 1) // 2) for group in OTHER_GROUPS]
    return [
        group(rng, language, n) for group, number in numbers for language in corpus.LANGUAGES for n in range(number)
    ]


def measure(model_path: Path, *, sets: int, seed: int) -> list[Outcome]:
    tokenizer = AutoTokenizer.from_pretrained(model_path)
    model = AutoModelForCausalLM.from_pretrained(model_path)
    torch.manual_seed(seed)
    cases = cases_to_measure(random.Random(seed), sets)
    batches = [cases[start : start + BATCH] for start in range(0, len(cases), BATCH)]
    progress = tqdm(batches, desc="writing", unit="batch")
    return [outcome(*completed) for batch in progress for completed in complete(model, tokenizer, batch)]


# Figures


def share(hits: Sequence[bool]) -> str:
    return f"{100 * sum(hits) / len(hits):.1f}" if hits else "-"


def language_detector() -> Callable[[str], str]:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(list(corpus.LANGUAGES))
    return lambda text: identifier.classify(text)[0]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def different(outcome: Outcome) -> bool:
    """No two answers speak for the same value, those in the prompt included."""
    labels = [*outcome.case.given, *(corpus.label_value(a, outcome.case.language) for a in outcome.answers)]
    return None not in labels and len(set(labels)) == len(labels)


def figures(outcomes: Sequence[Outcome]) -> str:
    """Per language, in per cent of completions (first six columns), of answers, and of fitting sets up to four."""
    detect = language_detector()
    groups = [*ASKED_FOR_SEVERAL, "one answer"]
    rows = []
    for language in (*corpus.LANGUAGES, "all"):
        own = [o for o in outcomes if o.case.group in groups and language in (o.case.language, "all")]
        fitting = [share([o.fits for o in own if o.case.group == group]) for group in groups]
        right = [detect(answer) == o.case.language for o in own for answer in o.answers]
        sets = [o for o in own if o.fits and o.case.group != "one answer" and o.case.k <= len(corpus.VALUES)]
        texts = [len(set(o.answers)) == o.case.k for o in sets]
        rows.append([language, *fitting, share(right), share(texts), share([different(o) for o in sets])])
    return table(["language", *groups, "right language", "distinct texts", "distinct values"], rows)


def as_asked(outcome: Outcome) -> bool:
    """Whether the values of the answers, and the probabilities, are what the instruction asks for."""
    case = outcome.case
    labels = [corpus.label_value(answer, case.language) for answer in outcome.answers]
    match case.group:
        case "relevance-first":
            return case.k > len(corpus.VALUES) or different(outcome)
        case "different":
            return None not in labels and not set(labels) & set(case.given)
        case "verbalized":
            return len(set(labels) - {None}) == min(case.k, len(corpus.VALUES)) and sum(outcome.probabilities) < 1.005
        case "verbalized-tail":
            return labels == list(case.expected) and max(outcome.probabilities) < case.below
        case "overton":
            return corpus.values_in(outcome.answers[0], case.language) == set(case.expected)
        case "comment":
            return None not in labels
        case _:
            return labels == list(case.expected)


def other_instructions(outcomes: Sequence[Outcome]) -> str:
    """Per language and instruction, in per cent of completions: in the form asked for / and with what was asked for."""
    rows = []
    for language in (*corpus.LANGUAGES, "all"):
        cells = []
        for name in OTHER_INSTRUCTIONS:
            own = [o for o in outcomes if o.case.group == name and language in (o.case.language, "all")]
            cells.append(f"{share([o.fits for o in own])} / {share([o.fits and as_asked(o) for o in own])}")
        rows.append([language, *cells])
    return table(["language", *OTHER_INSTRUCTIONS], rows)


def viewpoints_in_order(outcomes: Sequence[Outcome]) -> str:
    """How often the answers come in the order of the viewpoints, by whether that is the order of the circle."""
    own = [o for o in outcomes if o.case.group == "named-axes"]
    rows = []
    for order, circular in (("round the circle", True), ("any other", False)):
        asked = [o for o in own if round_the_circle(o.case.expected) == circular]
        held = [
            o.fits and {corpus.label_value(a, o.case.language) for a in o.answers} >= set(o.case.expected)
            for o in asked
        ]
        rows.append(
            [order, share([o.fits for o in asked]), share(held), share([o.fits and as_asked(o) for o in asked])]
        )
    return table(["order of the viewpoints", "form", "all of them", "in their order"], rows)


def round_the_circle(values: Sequence[str]) -> bool:
    places = [corpus.VALUES.index(value) for value in values]
    steps = [(after - before) % len(corpus.VALUES) for before, after in itertools.pairwise(places)]
    return sum(steps) < len(corpus.VALUES)


def coverage(outcomes: Sequence[Outcome]) -> str:
    """How often each value is among four answers: four asked for together, and four single ones."""
    singles = [o for o in outcomes if o.case.group == "one answer"]
    fours = {
        "negatively correlated": [[o] for o in outcomes if o.case.group == "any prompt"],
        "independent": [singles[start : start + 4] for start in range(0, len(singles), 4)],
    }
    rows = []
    for method, groups in fours.items():
        held = [{corpus.label_value(a, o.case.language) for o in group for a in o.answers} - {None} for group in groups]
        mean = sum(len(values) for values in held) / len(held)
        rows.append([method, *(share([value in values for values in held]) for value in corpus.VALUES), f"{mean:.2f}"])
    return table(["four answers", *corpus.VALUES, "values per set"], rows)


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Measure the demo model.")
    parser.add_argument("--model", type=Path, default=corpus.HERE / "weights")
    parser.add_argument("--sets", type=int, default=48, help=SETS_HELP)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)
    outcomes = measure(arguments.model, sets=arguments.sets, seed=arguments.seed)
    tables = (figures, coverage, other_instructions, viewpoints_in_order)
    sys.stdout.write("\n".join(write(outcomes) for write in tables))


if __name__ == "__main__":
    main(sys.argv[1:])
