"""python -m benchmarks.generation: how fast candidate sets are written while people wait, and how many are fit at once.

Speed: so many people ask at the same moment for a set of four, by one negatively-correlated completion and by four
independent ones, through the engine that workers use. Against it, on the same prompts and with the same numbers of new
tokens: one `generate` after the other (naive; at most 16 sets of them), and all rows padded in one `generate` (floor).

With `--shape 1b` or `8b` the model has random weights of that shape: speed does not depend on what they are. Every
completion then has its full length: 220 tokens an answer, 600 of prompt.

Quality (demo model alone): sets fit at the first try and after repair, seconds a set, and what measures of diversity
say. The demo model was trained to differ, so this shows that measuring works and says nothing about the method.

Reach, with 32 waiting: at least 0.75 of the floor and 3.5 times naive on a CPU, 0.8 and 8 on a GPU; with 2 waiting at
most 1.5 times the time to a set of somebody who waits alone.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import django
import torch
import transformers
from django.conf import settings
from transformers import LlamaConfig, LlamaForCausalLM, StoppingCriteria, StoppingCriteriaList

from sampling.generators.chat_model import PLAIN, ChatModel, load
from sampling.generators.continuous_batching import ContinuousBatching
from sampling.generators.engine import Writing
from sampling.recipe_document import Decoding
from sampling.wordings import wording

# No server is needed: nothing is stored.
ENVIRONMENT = {
    "SECRET_KEY": "for-a-benchmark-alone-" + "x" * 30,
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "DJANGO_SETTINGS_MODULE": "config.settings",
}

DEMO_MODEL = "examples/demo_model/weights"
K = 4
MOST_NAIVE = 16
ANSWER_TOKENS, PROMPT_TOKENS = 220, 600
"""Of a model with random weights."""

SHAPES: dict[str, dict[str, int]] = {
    "tiny": {
        "hidden_size": 128,
        "intermediate_size": 384,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 4,
    },
    "1b": {
        "vocab_size": 128256,
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "num_hidden_layers": 16,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
    },
    "8b": {
        "vocab_size": 128256,
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
    },
}


@dataclass
class Row:
    """One line of the table."""

    waiting: int
    method: str
    sets_per_second: float
    p50: float
    """Seconds to a set."""
    p95: float
    tokens_per_second: float
    of_floor: float | None = None
    times_naive: float | None = None


def main() -> None:
    """Measure, print a table, and write the same as JSON where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waiting", type=int, nargs="+", default=[1, 2, 8, 32, 128])
    parser.add_argument("--shape", choices=["demo", *SHAPES], default="demo")
    parser.add_argument("--quality", type=int, default=8, help="prompts per language; 0: none")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    django.setup()
    chat = _demo() if asked.shape == "demo" else _random(SHAPES[asked.shape])
    rows = list(_speed(chat, asked.waiting, random_weights=asked.shape != "demo"))
    found: dict[str, Any] = {"where": _where(chat), "speed": [asdict(row) for row in rows]}
    _say(f"{_where(chat)}\n")
    _say_speed(rows)
    if asked.quality and asked.shape == "demo":
        from benchmarks.generation_quality import quality

        found["quality"] = quality(prompts=asked.quality)
        for name, figures in found["quality"].items():
            _say(f"{name}: " + ", ".join(f"{key} {value}" for key, value in figures.items()))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2))


# ---- models ---------------------------------------------------------------------------------------------------------
def _demo() -> ChatModel:
    return load(
        name=DEMO_MODEL,
        revision=None,
        folder=settings.BASE_DIR,
        device=settings.GENERATOR_DEVICE,
        threads=settings.GENERATOR_THREADS,
    )


def _random(shape: dict[str, int]) -> ChatModel:
    """Return a model of this shape with random weights, that speaks with the demo model's tokens."""
    demo = _demo()
    place = demo.model.device
    config = LlamaConfig(
        **{"vocab_size": len(demo.tokenizer), **shape},
        max_position_embeddings=8192,
        attn_implementation=PLAIN,
        # Ends that it never writes, so that every completion has its full length.
        eos_token_id=demo.end_tokens[0],
        pad_token_id=demo.padding,
    )
    numbers = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16 if place.type == "cuda" else torch.float32)
    with place:
        model = LlamaForCausalLM(config).eval()
    torch.set_default_dtype(numbers)
    with torch.no_grad():
        model.lm_head.weight[demo.end_tokens] = 0
    return ChatModel(model=model, tokenizer=demo.tokenizer, revision="random weights")


def _where(chat: ChatModel) -> str:
    device = chat.model.device
    parameters = sum(each.numel() for each in chat.model.parameters())
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{torch.get_num_threads()} CPU thread(s)"
    memory = f", {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB at most" if device.type == "cuda" else ""
    versions = f"torch {torch.__version__}, transformers {transformers.__version__}"
    return f"{parameters / 1e6:,.1f} M parameters, {chat.model.dtype}, {name}{memory}, {versions}"


# ---- what is asked --------------------------------------------------------------------------------------------------
def _conversations(chat: ChatModel, number: int, method: str, *, random_weights: bool) -> list[list[dict[str, str]]]:
    """Return what so many people ask, each something else, with the method's instruction."""
    lines = (settings.BASE_DIR / "examples/everyday/prompts/en.jsonl").read_text().splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    name = "negatively-correlated" if method == "negatively-correlated" else "ordinary"
    instruction = wording(name, language="en", k=K)
    asked = []
    for person in range(number):
        text = f"{texts[person % len(texts)]} ({person})" if number > len(texts) else texts[person % len(texts)]
        if random_weights:
            words = chat.tokenizer(text * 50)["input_ids"][: PROMPT_TOKENS - 60]
            text = f"{person} {chat.tokenizer.decode(words)}"
        asked.append([{"role": "user", "content": f"{text}\n\n{instruction}"}])
    return asked


# ---- speed ----------------------------------------------------------------------------------------------------------
def _speed(chat: ChatModel, waiting: list[int], *, random_weights: bool) -> Iterator[Row]:
    for number in waiting:
        _say(f"{number} waiting …")
        # Few people are asked several times: one burst of them is over too soon to be measured.
        rounds = max(1, 16 // number)
        for method in ("negatively-correlated", "independent"):
            asked = _conversations(chat, number, method, random_weights=random_weights)
            one_answer = ANSWER_TOKENS if random_weights else 256
            many = method == "negatively-correlated"
            decoding = Decoding(max_new_tokens=one_answer * K if many else one_answer)
            row, writings = _engine(chat, asked, decoding, times=1 if many else K, rounds=rounds)
            row.method = method
            prompts = [writing.prompt for writing in writings]
            lengths = [writing.decoded for writing in writings]
            floor = _padded(chat, prompts, lengths, decoding)
            naive = _one_by_one(chat, prompts[:MOST_NAIVE], lengths[:MOST_NAIVE], decoding)
            row.of_floor = row.tokens_per_second / floor
            row.times_naive = row.tokens_per_second / naive
            yield row


def _engine(
    chat: ChatModel, asked: list[list[dict[str, str]]], decoding: Decoding, *, times: int, rounds: int
) -> tuple[Row, list[Writing]]:
    """Let everybody ask at once, several times over, through a fresh engine; return also what one round wrote."""
    engine = ContinuousBatching(chat.twin())
    _burst(engine, asked[:1], decoding, times)
    seconds, tokens = 0.0, 0
    waited: list[float] = []
    writings: list[Writing] = []
    for _round in range(rounds):
        took, each, writings = _burst(engine, asked, decoding, times)
        seconds += took
        waited += each
        tokens += sum(writing.decoded for writing in writings)
    engine.close()
    waited.sort()
    row = Row(
        waiting=len(asked),
        method="",
        sets_per_second=len(waited) / seconds,
        p50=statistics.median(waited),
        p95=waited[int(0.95 * (len(waited) - 1))],
        tokens_per_second=tokens / seconds,
    )
    return row, writings


def _burst(
    engine: ContinuousBatching, asked: list[list[dict[str, str]]], decoding: Decoding, times: int
) -> tuple[float, list[float], list[Writing]]:
    begun = time.perf_counter()
    ended: dict[int, float] = {}
    writings = []
    for person, messages in enumerate(asked):
        for _each in range(times):
            writing = engine.submit(messages, decoding)
            # The last of somebody's completions is the one that they wait for.
            writing.future.add_done_callback(partial(_note, ended, person))
            writings.append(writing)
    for writing in writings:
        writing.future.result()
    took = time.perf_counter() - begun
    return took, [end - begun for end in ended.values()], writings


def _note(ended: dict[int, float], person: int, _future: object) -> None:
    ended[person] = time.perf_counter()


class _Until(StoppingCriteria):
    """Ends each row at its own number of new tokens."""

    def __init__(self, lengths: list[int], prompt: int) -> None:
        self.ends = torch.tensor([prompt + length for length in lengths])

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        return (input_ids.shape[1] >= self.ends).to(input_ids.device)


def _padded(chat: ChatModel, prompts: list[list[int]], lengths: list[int], decoding: Decoding) -> float:
    """Return new tokens per second of all rows in one batch."""
    twin = chat.twin()
    longest = max(map(len, prompts))
    device = twin.model.device
    ids = torch.tensor([[twin.padding] * (longest - len(row)) + row for row in prompts], device=device)
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in prompts], device=device)
    until = StoppingCriteriaList([_Until(lengths, longest)])
    begun = time.perf_counter()
    with torch.inference_mode():
        twin.model.generate(
            input_ids=ids,
            attention_mask=mask,
            do_sample=True,
            temperature=decoding.temperature,
            top_p=decoding.top_p,
            top_k=decoding.top_k,
            # None ends by itself: the counts are those of the engine.
            min_new_tokens=max(lengths),
            max_new_tokens=max(lengths),
            eos_token_id=twin.end_tokens,
            pad_token_id=twin.padding,
            stopping_criteria=until,
            use_cache=True,
        )
    if device.type == "cuda":
        torch.cuda.synchronize()
    return sum(lengths) / (time.perf_counter() - begun)


def _one_by_one(chat: ChatModel, prompts: list[list[int]], lengths: list[int], decoding: Decoding) -> float:
    seconds = sum(
        length / _padded(chat, [prompt], [length], decoding) for prompt, length in zip(prompts, lengths, strict=True)
    )
    return sum(lengths) / seconds


# ---- telling --------------------------------------------------------------------------------------------------------
def _say_speed(rows: list[Row]) -> None:
    _say("| waiting | method | sets/s | p50 s | p95 s | tokens/s | of the floor | times naive |")
    _say("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for row in rows:
        _say(
            f"| {row.waiting} | {row.method} | {row.sets_per_second:.2f} | {row.p50:.2f} | {row.p95:.2f} "
            f"| {row.tokens_per_second:,.0f} | {row.of_floor:.2f} | {row.times_naive:.1f} |"
        )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
