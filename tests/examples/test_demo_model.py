"""The demo model writes what the application asks for: structure and labels are tested, never the exact text."""

import functools
import hashlib
import random
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch
import yaml
from transformers import AutoModelForCausalLM, AutoTokenizer

from sampling.recipe_document import Voice
from tests.matrix import some_of

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "demo_model"))
import corpus
import train

EXAMPLES = corpus.HERE.parent
WEIGHTS = corpus.HERE / "weights"
PROMPTS = 4


class Writer:
    """The model with its tokenizer; writes with a fixed seed."""

    def __init__(self) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(WEIGHTS, local_files_only=True)
        self.model = AutoModelForCausalLM.from_pretrained(WEIGHTS, local_files_only=True, use_safetensors=True)

    def write(self, messages: list[str]) -> list[str]:
        conversations = [[{"role": "user", "content": message}] for message in messages]
        prompts = self.tokenizer.apply_chat_template(conversations, add_generation_prompt=True, tokenize=False)
        inputs = self.tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False)
        torch.manual_seed(1)
        with torch.inference_mode():
            outputs = self.model.generate(**inputs, max_new_tokens=640)
        return self.tokenizer.batch_decode(outputs[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)

    def write_in_each_language(self, name: str | None) -> dict[str, list[str]]:
        """The completions of some prompts per language, with an instruction or none, all written in one batch."""
        messages = [message(prompt, name, language) for language in corpus.LANGUAGES for prompt in prompts(language)]
        written = iter(self.write(messages))
        return {language: [next(written) for _ in range(PROMPTS)] for language in corpus.LANGUAGES}


@pytest.fixture(scope="module")
def writer() -> Iterator[Writer]:
    # Several threads wait for each other at full speed, which is slow beside other tests.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield Writer()
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def sets(writer: Writer) -> dict[str, list[str]]:
    return writer.write_in_each_language("negatively-correlated")


@pytest.fixture(scope="module")
def single_answers(writer: Writer) -> dict[str, list[str]]:
    return writer.write_in_each_language(None)


def prompts(language: str) -> list[str]:
    return corpus.texts(language)["evaluation"][:PROMPTS]


def message(prompt: str, name: str | None, language: str) -> str:
    return prompt if name is None else f"{prompt}\n\n{corpus.instruction(name, language=language)}"


def parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]]


def ordered(rng: random.Random, name: str, language: str = "en") -> corpus.Order:
    """What training answers to an instruction."""

    def speak(values: Sequence[str]) -> list[str]:
        return corpus.answers(rng, language=language, values=values, subject=corpus.Subject("advice"))

    return corpus.ASKED[name].write(rng, language, corpus.Subject("advice"), speak)


@functools.cache
def answered(writer: Writer, name: str) -> list[tuple[corpus.Order, str, str]]:
    """An order per language for an instruction, with its language and what the model writes."""
    rng = random.Random(1)
    orders = [(ordered(rng, name, language), language) for language in corpus.LANGUAGES]
    messages = []
    for order, language in orders:
        instruction = corpus.instruction(name, language=language, k=order.k, **order.fields)
        messages.append("\n\n".join(filter(None, (rng.choice(prompts(language)), order.given, instruction))))
    return [(order, language, text) for (order, language), text in zip(orders, writer.write(messages), strict=True)]


def test_the_weights_are_the_ones_in_the_checksums():
    lines = (WEIGHTS / "CHECKSUMS").read_text(encoding="utf-8").splitlines()
    assert lines == [
        f"{hashlib.sha256((WEIGHTS / name).read_bytes()).hexdigest()}  {name}"
        for name in ("model.safetensors", "tokenizer.json")
    ]


def test_the_model_is_an_ordinary_small_one(writer: Writer):
    assert writer.model.config.model_type == "llama"
    assert writer.model.num_parameters() < 1_500_000
    assert {path.suffix for path in WEIGHTS.iterdir()} <= {".safetensors", ".json", ""}


@pytest.mark.parametrize("language", corpus.LANGUAGES)
def test_a_set_has_four_answers_of_different_values(sets: dict[str, list[str]], language: str):
    fours = [four for four in map(parts, sets[language]) if len(four) == 4]
    labels = [{corpus.label_value(answer, language) for answer in four} - {None} for four in fours]
    assert sum(len(values) == 4 for values in labels) >= PROMPTS / 2


@pytest.mark.parametrize("language", corpus.LANGUAGES)
def test_a_message_alone_gets_one_answer_in_its_language(single_answers: dict[str, list[str]], language: str):
    assert not any("###" in answer for answer in single_answers[language])
    labels = [corpus.label_value(answer, language) for answer in single_answers[language]]
    assert sum(value is not None for value in labels) >= PROMPTS - 1


def test_the_repair_prompt_gets_what_was_missing(writer: Writer):
    given = "### Security first.\n\n### Follow your heart.\n\n### Look at the evidence."
    wording = corpus.instruction("missing", language="en", k=1)
    [text] = writer.write([f"Is it wrong to eat meat?\n\n{given}\n\n{wording}"])
    assert len(parts(text)) == 1


@pytest.mark.parametrize("name", some_of(["verbalized", "relevance-first", "named-axes", "verbalized-tail"], every=2))
def test_an_instruction_for_several_gets_as_many_as_it_asks_for(writer: Writer, name: str):
    written = answered(writer, name)
    assert sum(len(parts(text)) == order.k for order, _language, text in written) >= 5


@pytest.mark.parametrize("name", some_of(["verbalized", "verbalized-tail"], every=2))
def test_an_answer_is_told_with_its_probability(writer: Writer, name: str):
    found = [part for _order, _language, text in answered(writer, name) for part in parts(text)]
    assert sum(re.match(r"\(0\.\d\d\) \S", part) is not None for part in found) >= 0.9 * len(found) > 0


@pytest.mark.parametrize("name", some_of(["value-conditioned", "different", "comment", "steered", "overton"], every=2))
def test_an_instruction_for_one_gets_one_without_a_sign(writer: Writer, name: str):
    assert sum("###" not in text and bool(text.strip()) for _order, _language, text in answered(writer, name)) >= 5


def test_a_viewpoint_is_mostly_the_one_that_speaks(writer: Writer):
    written = answered(writer, "value-conditioned")
    spoken = [corpus.label_value(text, language) == order.values[0] for order, language, text in written]
    assert sum(spoken) >= len(spoken) / 2


@pytest.mark.parametrize("language", corpus.LANGUAGES)
def test_the_oracle_labels_the_answers_it_is_made_for(language: str):
    rng = random.Random(1)
    for value in corpus.VALUES:
        for kind in corpus.KINDS:
            [answer] = corpus.answers(rng, language=language, values=[value], subject=corpus.Subject(kind))
            assert corpus.label_value(answer, language) == value


def test_every_sentence_speaks_for_one_value_only():
    for language in corpus.LANGUAGES:
        groups = corpus.texts(language)["sentences"].values()
        known = corpus.sentences(language)
        assert len(known) == sum(len(group) for kinds in groups for group in kinds.values())
        assert not any(one != other and one in other for one in known for other in known)


def test_every_language_covers_the_same_topics():
    sizes = {
        language: [len(kind.get("topics", ())) for kind in corpus.texts(language)["kinds"].values()]
        for language in corpus.LANGUAGES
    }
    assert len({tuple(size) for size in sizes.values()}) == 1


def test_an_example_asks_for_as_many_answers_as_its_completion_holds():
    rng = random.Random(1)
    for _ in range(200):
        example = corpus.example(rng)
        written = parts(example.completion) or [example.completion]
        if example.name == "overton":
            assert corpus.values_in(example.completion, example.language) == set(example.values)
        else:
            assert [corpus.label_value(text, example.language) for text in written] == list(example.values)
        assert len(set(written)) == len(written)


def test_every_instruction_but_the_judge_s_is_trained():
    assert {*corpus.ASKED, "judge"} - {None} == set(corpus.wordings()["en"])


@pytest.mark.parametrize("name", ["verbalized", "verbalized-tail"])
def test_probabilities_in_the_corpus_are_what_the_instruction_asks_for(name: str):
    rng = random.Random(1)
    for _ in range(100):
        order = ordered(rng, name)
        marks = [re.match(r"\((0\.\d\d)\) \S", part) for part in parts(order.completion)]
        stated = [float(mark[1]) for mark in marks if mark]
        assert len(stated) == order.k
        assert min(stated) > 0
        assert sum(stated) <= 1 if name == "verbalized" else max(stated) < float(order.fields["below"])


def test_answers_in_the_corpus_follow_the_order_of_their_viewpoints():
    rng = random.Random(1)
    speaks_for = {text: value for value, said in corpus.texts("en")["voices"].items() for text in said}
    for name in ("named-axes", "missing-axes"):
        for _ in range(50):
            order = ordered(rng, name)
            assert [speaks_for[text] for text in order.fields["voices"].split("; ")] == list(order.values)


def test_viewpoints_for_recipes_are_worded_as_the_model_learned_them():
    voices = [Voice.model_validate(voice) for voice in yaml.safe_load((EXAMPLES / "voices.yaml").read_text("utf-8"))]
    assert [voice.key for voice in voices] == list(corpus.VALUES)
    for voice in voices:
        assert voice.texts == {code: corpus.texts(code)["voices"][voice.key][0] for code in corpus.LANGUAGES}


def test_no_viewpoint_is_worded_like_another():
    for language in corpus.LANGUAGES:
        said = [text for texts in corpus.texts(language)["voices"].values() for text in texts]
        assert len(said) == len(set(said)) == 16
        assert not any(";" in text or text.endswith((".", "।")) for text in said)


@pytest.mark.parametrize("steps", ["0", "many"])
def test_training_with_a_wrong_number_ends_with_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], steps: str
):
    with pytest.raises(SystemExit) as ended:
        train.main(["--output", str(tmp_path), "--steps", steps])
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"Argument --steps: '{steps}' is not a positive whole number.\n"


def test_training_into_a_file_ends_with_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "taken").touch()
    with pytest.raises(SystemExit) as ended:
        train.main(["--output", str(tmp_path / "taken")])
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"Cannot write to {tmp_path / 'taken'}: File exists.\n"
