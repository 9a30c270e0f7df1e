"""Both engines, on the demo model: they write for many at once, refuse what does not fit, and get over a dead loop."""

import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings

from sampling.generators.chat_model import ChatModel, load
from sampling.generators.continuous_batching import MAX_REQUESTS, MOST_TRIES, ContinuousBatching
from sampling.generators.engine import Engine, Engines, Writing
from sampling.generators.interface import GeneratorFailed, ModelNotLoadable, PromptTooLong, Stopping
from sampling.generators.micro_batches import MicroBatches
from sampling.recipe_document import Decoding
from sampling.splitting import split
from sampling.wordings import wording
from tests.sampling.conftest import DEMO_MODEL, QUESTIONS

DECODING = Decoding(max_new_tokens=640)


def load_demo_model() -> ChatModel:
    return load(name=DEMO_MODEL, revision=None, folder=settings.BASE_DIR, device="cpu", threads=1)


@pytest.fixture
def chat() -> ChatModel:
    """A model that no engine has yet."""
    return load_demo_model()


@pytest.fixture(scope="module")
def continuous() -> Iterator[ContinuousBatching]:
    engine = ContinuousBatching(load_demo_model())
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def micro() -> Iterator[MicroBatches]:
    engine = MicroBatches(load_demo_model())
    yield engine
    engine.close()


@pytest.fixture(params=["continuous", "micro"])
def engine(request: Any) -> Engine:
    started: Engine = request.getfixturevalue(request.param)
    return started


def conversation(language: str) -> list[dict[str, str]]:
    instruction = wording("negatively-correlated", language=language, k=4)
    return [{"role": "user", "content": f"{QUESTIONS[language]}\n\n{instruction}"}]


def test_many_threads_get_each_their_own_answer(engine: Engine) -> None:
    languages = list(QUESTIONS) * 2
    with ThreadPoolExecutor(len(languages)) as pool:
        writings = list(pool.map(lambda language: engine.submit(conversation(language), DECODING), languages))
        texts = [writing.future.result(timeout=60).text for writing in writings]
    for language, text in zip(languages, texts, strict=True):
        is_hindi = any("\u0900" <= character <= "\u097f" for character in text)
        is_arabic = any("\u0600" <= character <= "\u06ff" for character in text)
        assert (is_hindi, is_arabic) == (language == "hi", language == "ar")
        assert len(split(text, k=4)) >= 2


def test_an_answer_comes_with_its_counts_and_why_it_ended(engine: Engine) -> None:
    whole = engine.submit(conversation("en"), DECODING)
    short = engine.submit(conversation("en"), Decoding(max_new_tokens=8))
    assert whole.future.result(timeout=60).stop_reason == "stop"
    written = short.future.result(timeout=60)
    assert (written.stop_reason, written.new_tokens) == ("length", 8)
    assert written.prompt_tokens == len(short.prompt)


def test_a_request_that_does_not_fit_is_refused_and_the_others_go_on(engine: Engine) -> None:
    going = engine.submit(conversation("en"), DECODING)
    with pytest.raises(PromptTooLong, match="tokens"):
        engine.submit([{"role": "user", "content": "why " * 5000}], DECODING)
    assert going.future.result(timeout=60).text


def test_tokens_are_counted_while_they_are_written(engine: Engine) -> None:
    writing = engine.submit(conversation("hi"), DECODING)
    seen = set()
    while not writing.future.done():
        seen.add(writing.decoded)
        time.sleep(0.001)
    assert len(seen) > 2


@pytest.mark.parametrize("kind", [ContinuousBatching, MicroBatches])
def test_a_closed_engine_lets_nobody_wait(chat: ChatModel, kind: Callable[[ChatModel], Engine]) -> None:
    engine = kind(chat)
    writings = [engine.submit(conversation("hi"), DECODING) for _ in range(8)]
    engine.close()
    with pytest.raises(Stopping):
        engine.submit(conversation("hi"), DECODING)
    for writing in writings:
        if not isinstance(writing.future.exception(timeout=5), Stopping):
            assert writing.future.result().text


def test_a_dead_loop_is_rebuilt_and_its_requests_are_run_again(continuous: ContinuousBatching) -> None:
    writings = [continuous.submit(conversation("hi"), DECODING) for _ in range(6)]
    dead = kill_loop(continuous)
    assert all(writing.future.result(timeout=60).text for writing in writings)
    assert continuous._manager is not dead
    assert {writing.tries for writing in writings} == {1}
    assert continuous.submit(conversation("fr"), DECODING).future.result(timeout=60).text


def test_a_dead_loop_gives_its_memory_back_before_the_next_one_takes_some(chat: ChatModel) -> None:
    engine = ContinuousBatching(chat)
    writing = engine.submit(conversation("hi"), DECODING)
    dead = engine._manager
    processor = weakref.ref(dead.batch_processor)
    begin = engine._new_manager
    left = []

    def look_and_begin() -> Any:
        left.append(processor())
        return begin()

    engine._new_manager = look_and_begin  # type: ignore[method-assign]
    kill_loop(engine)
    assert writing.future.result(timeout=60).text
    assert left == [None]
    engine.close()


def test_a_full_memory_halves_the_running_batch_and_its_requests_go_on(chat: ChatModel) -> None:
    import torch

    engine = ContinuousBatching(chat)
    writings = [engine.submit(conversation("en"), DECODING) for _ in range(6)]
    for most in (MAX_REQUESTS // 2, MAX_REQUESTS // 4):
        wait_for(lambda: engine._manager.batch_processor is not None)
        dead = kill_loop(engine, torch.OutOfMemoryError("out of memory"))
        wait_for(lambda dead=dead: engine._manager is not dead)
        assert engine._manager.continuous_batching_config.max_requests_per_batch == most
    assert all(writing.future.result(timeout=60).text for writing in writings)
    engine.close()


def test_a_request_whose_loop_dies_every_time_fails_alone(continuous: ContinuousBatching) -> None:
    writing = continuous.submit(conversation("hi"), DECODING)
    for tries in range(MOST_TRIES):
        wait_for(lambda tries=tries: writing.tries == tries and writing.decoded > 0)
        kill_loop(continuous)
    with pytest.raises(GeneratorFailed):
        writing.future.result(timeout=60)
    assert continuous.submit(conversation("fr"), DECODING).future.result(timeout=60).text


def test_a_full_memory_halves_the_batch(chat: ChatModel, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    sizes = []
    generate = MicroBatches._generate

    def with_room_for_two(self: MicroBatches, batch: list[Writing]) -> list[list[int]]:
        sizes.append(len(batch))
        if len(batch) > 2:
            raise torch.OutOfMemoryError
        return generate(self, batch)

    monkeypatch.setattr(MicroBatches, "_generate", with_room_for_two)
    engine = MicroBatches(chat, window=0.5)
    writings = [engine.submit(conversation("en"), DECODING) for _ in range(4)]
    assert all(writing.future.result(timeout=60).text for writing in writings)
    assert sizes == [4, 2, 2]
    engine.close()


@pytest.mark.parametrize("step", ["__init__", "_create_batch_processor"])
def test_a_model_that_continuous_batching_cannot_run_is_written_with_in_padded_batches(
    monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from transformers.generation.continuous_batching import ContinuousBatchingManager

    from sampling.generators import huggingface

    begin = getattr(ContinuousBatchingManager, step)

    def begin_and_fall(*arguments: Any, **options: Any) -> None:
        begin(*arguments, **options)
        raise RuntimeError("this model cannot be run so")

    monkeypatch.setattr(ContinuousBatchingManager, step, begin_and_fall)
    engine = huggingface._start(load_demo_model(), DEMO_MODEL)
    assert isinstance(engine, MicroBatches)
    assert len(split(engine.submit(conversation("fr"), DECODING).future.result(timeout=60).text, k=4)) >= 2
    engine.close()


def test_a_closed_engine_leaves_the_model_to_the_next_one(chat: ChatModel) -> None:
    for kind in (ContinuousBatching, MicroBatches, ContinuousBatching):
        engine: Engine = kind(chat)
        assert engine.submit(conversation("en"), DECODING).future.result(timeout=60).text
        engine.close()


def test_a_model_is_loaded_once_however_many_ask() -> None:
    loaded = []

    class Idle:
        revision = ""

        def close(self) -> None: ...

    def load_slowly() -> Any:
        loaded.append(1)
        time.sleep(0.05)
        return Idle()

    engines = Engines()
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: engines.get("one", load_slowly), range(8)))
    assert len(loaded) == 1
    assert len(set(map(id, got))) == 1
    engines.close(for_good=True)
    with pytest.raises(Stopping):
        engines.get("one", load_slowly)


def test_a_model_that_could_not_be_loaded_is_not_tried_for_every_set() -> None:
    tried = []

    def fail() -> Any:
        tried.append(1)
        raise ModelNotLoadable("there is no such folder")

    engines = Engines()
    for _ in range(3):
        with pytest.raises(ModelNotLoadable, match="no such folder"):
            engines.get("one", fail)
    assert len(tried) == 1


def test_no_thread_of_an_engine_keeps_a_process_alive(chat: ChatModel) -> None:
    before = set(threading.enumerate())
    engine = ContinuousBatching(chat)
    engine.submit(conversation("en"), DECODING).future.result(timeout=60)
    started = set(threading.enumerate()) - before
    assert started
    assert all(thread.daemon for thread in started)
    engine.close()


def kill_loop(engine: ContinuousBatching, error: Exception | None = None) -> Any:
    """Let the next step of the generation loop raise, and wait until it is dead."""
    manager = engine._manager

    def fall(*_: Any) -> None:
        raise error or RuntimeError("the loop was killed by a test")

    manager.batch_processor.update_batch = fall
    wait_for(lambda: not manager.is_running())
    return manager


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)
