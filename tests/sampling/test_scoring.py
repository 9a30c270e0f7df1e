"""Given answers are scored: the logarithm of the probability that the model writes just this and ends."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sampling.asking import Message, Request
from sampling.generators import generator_of, micro_batches
from sampling.generators.chat_model import ChatModel
from sampling.generators.continuous_batching import ContinuousBatching
from sampling.generators.engine import Scoring
from sampling.generators.interface import Progress, PromptTooLong
from sampling.generators.micro_batches import MicroBatches
from sampling.recipe_document import Decoding, Generator
from tests.sampling.conftest import DEMO_MODEL, QUESTIONS
from tests.sampling.test_engines import DECODING, conversation, load_demo_model

OPTIONS = {
    "en": ["Ask your parents.", "Begin with what you can measure.", "Yes", ""],
    "fr": ["Parlez-en à vos parents pendant le dîner."],
    "hi": ["अपने बड़ों से पूछिए।", "हाँ"],
    "ar": ["اسأل والديك أولًا.", "نعم"],
}


@pytest.fixture(scope="module")
def chat() -> ChatModel:
    return load_demo_model()


@pytest.fixture(scope="module")
def engine(chat: ChatModel) -> Iterator[MicroBatches]:
    started = MicroBatches(chat.twin())
    yield started
    started.close()


def asked(language: str) -> list[Message]:
    return [{"role": "user", "content": QUESTIONS[language]}]


def scored(engine: MicroBatches, messages: list[Message], options: list[str]) -> list[float]:
    return [scoring.future.result(timeout=60) for scoring in engine.score(messages, options)]


def by_hand(chat: ChatModel, messages: list[Message], option: str) -> float:
    """Read the conversation and the answer again for every token of it, one at a time."""
    tokens = chat.prompt(messages)
    total = 0.0
    for token in [*chat.tokenizer.encode(option, add_special_tokens=False), chat.tokenizer.eos_token_id]:
        with torch.inference_mode():
            logits = chat.model(input_ids=torch.tensor([tokens])).logits[0, -1].double()
        total += math.log(math.exp(float(logits[token] - logits.max())) / float((logits - logits.max()).exp().sum()))
        tokens.append(token)
    return total


@pytest.mark.parametrize("language", OPTIONS)
def test_a_score_is_the_sum_of_what_each_token_would_have_got(
    chat: ChatModel, engine: MicroBatches, language: str
) -> None:
    options = OPTIONS[language]
    expected = [by_hand(chat, asked(language), option) for option in options]
    assert scored(engine, asked(language), options) == pytest.approx(expected, abs=2e-3)


@hypothesis_settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_it_does_not_matter_what_else_is_scored_at_the_same_time(engine: MicroBatches, data: Any) -> None:
    option = data.draw(st.text(st.characters(blacklist_categories=["Cs"]), max_size=40))
    others = data.draw(st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=60), max_size=5))
    [alone] = scored(engine, asked("en"), [option])
    assert scored(engine, asked("en"), [*others, option])[-1] == pytest.approx(alone, abs=2e-3)


def test_answers_that_differ_have_at_most_all_of_the_probability(engine: MicroBatches) -> None:
    options = [option for texts in OPTIONS.values() for option in texts]
    scores = scored(engine, asked("en"), options)
    assert all(score < 0 for score in scores)
    assert sum(map(math.exp, scores)) <= 1


@pytest.mark.parametrize("language", ["en", "hi", "ar"])
def test_what_the_model_would_write_itself_scores_above_what_is_near_to_it(
    chat: ChatModel, engine: MicroBatches, language: str
) -> None:
    prompt = torch.tensor([chat.prompt(asked(language))])
    output = chat.model.generate(
        prompt, attention_mask=torch.ones_like(prompt), do_sample=False, max_new_tokens=200, pad_token_id=chat.padding
    )
    written = chat.text(output[0, prompt.shape[1] :].tolist())
    words = written.split(" ")
    near = [
        " ".join(words[:-1]),
        " ".join([*words, words[-1]]),
        " ".join(reversed(words)),
        " ".join([words[1], words[0], *words[2:]]),
        written + " " + words[0],
    ]
    best, *rest = scored(engine, asked(language), [written, *near])
    assert best > max(rest)
    # Every token was the likeliest of more than three thousand.
    assert best / (output.shape[1] - prompt.shape[1]) > -math.log(len(chat.tokenizer)) / 4


def test_marks_of_the_model_in_an_option_are_words_like_others(engine: MicroBatches) -> None:
    end, words = engine.score(asked("en"), ["<|end|>", "no"])
    assert len(end.option) > 1
    assert end.future.result(timeout=60) < words.future.result(timeout=60)


def test_an_answer_that_does_not_fit_is_refused(engine: MicroBatches) -> None:
    with pytest.raises(PromptTooLong, match="tokens with its answer"):
        engine.score(asked("en"), ["yes", "why " * 5000])


def test_scores_are_the_same_while_others_are_written_for_in_a_running_batch(
    chat: ChatModel, engine: MicroBatches
) -> None:
    alone = scored(engine, asked("fr"), OPTIONS["fr"])
    continuous = ContinuousBatching(chat)
    writings = [continuous.submit(conversation("hi"), DECODING) for _ in range(8)]
    assert scored(engine, asked("fr"), OPTIONS["fr"]) == pytest.approx(alone, abs=1e-4)
    assert all(writing.future.result(timeout=60).text for writing in writings)
    continuous.close()


def test_a_full_memory_halves_the_batch(engine: MicroBatches, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    scores = micro_batches.scores

    def with_room_for_two(chat: ChatModel, batch: list[Scoring]) -> list[float]:
        sizes.append(len(batch))
        if len(batch) > 2:
            raise torch.OutOfMemoryError
        return scores(chat, batch)

    monkeypatch.setattr(micro_batches, "scores", with_room_for_two)
    assert len(scored(engine, asked("en"), OPTIONS["en"])) == 4
    assert sizes == [4, 2, 2]


def test_the_generator_answers_with_all_scores_and_the_likeliest_text() -> None:
    generator = generator_of(Generator(name="huggingface", model=DEMO_MODEL), Decoding(max_new_tokens=16))
    score = Request(messages=asked("en"), purpose="label", options=("gibberish zzz", "Yes", "no, never ever"))
    write = Request(messages=asked("en"), purpose="one")
    scored_reply, written = generator.complete([score, write], progress=Progress())
    assert len(scored_reply.scores) == 3
    assert scored_reply.text == score.options[scored_reply.scores.index(max(scored_reply.scores))]
    assert (scored_reply.stop_reason, scored_reply.new_tokens) == ("scored", 0)
    assert written.text
    assert written.scores == ()
