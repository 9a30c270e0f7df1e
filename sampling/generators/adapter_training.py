"""Fine-tuning a LoRA adapter on a community's corpus, in this process. An engine file: it brings torch with it."""

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import peft
import torch
import transformers
from peft import LoraConfig, get_peft_model

from sampling.communities.corpus_file import Row
from sampling.generators.adapters import WEIGHTS
from sampling.generators.chat_model import ChatModel
from sampling.generators.local_model import weights_sha256

IGNORED = -100
WARM_UP = 0.05
"""Share of all steps in which the learning rate rises."""


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """How an adapter is trained."""

    rank: int
    alpha: int
    epochs: int
    batch_size: int
    learning_rate: float
    longest: int
    """Tokens of one example at most: longer texts are cut into several, longer conversations are left out."""
    seed: int


@dataclass(frozen=True)
class Example:
    """Tokens, and from which on they are to be learned."""

    tokens: list[int]
    start: int


@dataclass(frozen=True, kw_only=True)
class Trained:
    """An adapter that lies in a folder, and how it came about."""

    weights: str
    """sha256:… of its weights."""
    parameters: int
    tokens: int
    """Tokens that were to be learned, in one epoch."""
    losses: list[dict[str, float]]
    """Step (from 1), mean loss per token since the last entry, and seconds since the beginning."""
    libraries: dict[str, str]


class TrainingFailed(Exception):
    """No adapter came out; the message says what to change."""


def examples(chat: ChatModel, rows: Sequence[Row], *, longest: int) -> tuple[list[Example], int]:
    """Return what rows say as tokens, and how many conversations were too long."""
    found: list[Example] = []
    too_long = 0
    for row in rows:
        if row.text:
            found += _of_text(chat, row.text, longest)
            continue
        example = _of_conversation(chat, row)
        if len(example.tokens) > longest:
            too_long += 1
        else:
            found.append(example)
    return found, too_long


def train(
    chat: ChatModel,
    learned: Sequence[Example],
    *,
    how: Hyperparameters,
    output: Path,
    each_step: Callable[[int, int, float], None],
) -> Trained:
    """Train an adapter for a model and write it into a folder.

    :param each_step: Is told after every step its number (from 1), how many there will be, and the loss.
    :raises TrainingFailed: saying what to change.
    """
    torch.manual_seed(how.seed)
    config = LoraConfig(
        r=how.rank, lora_alpha=how.alpha, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    model = get_peft_model(chat.model, config)
    try:
        losses = _learn(model, chat, learned, how, each_step)
    except torch.OutOfMemoryError as error:
        raise TrainingFailed("The memory is too small; make --batch-size or --longest smaller.") from error
    # Where the model lay on this machine is nobody else's business.
    model.peft_config["default"].base_model_name_or_path = None
    model.eval().to(torch.bfloat16).save_pretrained(str(output))
    (output / "README.md").unlink(missing_ok=True)
    # The library writes for nobody but this user; the worker may be another one.
    (output / WEIGHTS).chmod(0o644)
    return Trained(
        weights=weights_sha256(output),
        parameters=sum(weights.numel() for weights in model.parameters() if weights.requires_grad),
        tokens=sum(len(example.tokens) - example.start for example in learned),
        losses=losses,
        libraries={library.__name__: library.__version__ for library in (torch, transformers, peft)},
    )


def as_record(how: Hyperparameters) -> dict[str, Any]:
    """Return the hyperparameters as they are published."""
    return asdict(how)


def _of_text(chat: ChatModel, text: str, longest: int) -> Iterator[Example]:
    tokens = [*chat.tokens(text), chat.end_tokens[0]]
    first = [] if chat.tokenizer.bos_token_id is None else [chat.tokenizer.bos_token_id]
    room = longest - len(first)
    for start in range(0, len(tokens), room):
        yield Example([*first, *tokens[start : start + room]], len(first))


def _of_conversation(chat: ChatModel, row: Row) -> Example:
    *before, answer = row.messages
    prompt = chat.prompt(before)
    return Example([*prompt, *chat.tokens(answer["content"]), chat.end_tokens[0]], len(prompt))


def _learn(
    model: Any,
    chat: ChatModel,
    learned: Sequence[Example],
    how: Hyperparameters,
    each_step: Callable[[int, int, float], None],
) -> list[dict[str, float]]:
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=how.learning_rate, weight_decay=0.0)
    batches = list(_batches(learned, how))
    begun, losses, since = time.monotonic(), [], list[float]()
    model.train()
    for step, batch in enumerate(batches, start=1):
        for group in optimizer.param_groups:
            group["lr"] = how.learning_rate * _rate(step, len(batches))
        loss = _loss(model, chat, batch)
        if not math.isfinite(loss.item()):
            raise TrainingFailed("The loss is no number any more; make --learning-rate smaller.")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        since.append(loss.item())
        each_step(step, len(batches), loss.item())
        if step % max(1, len(batches) // 20) == 0 or step == len(batches):
            seconds = round(time.monotonic() - begun, 1)
            losses.append({"step": step, "loss": round(sum(since) / len(since), 4), "seconds": seconds})
            since.clear()
    return losses


def _batches(learned: Sequence[Example], how: Hyperparameters) -> Iterator[list[Example]]:
    """Yield the batches of all epochs, each of examples of about one length, in an order drawn from the seed."""
    draw = random.Random(how.seed)
    for _epoch in range(how.epochs):
        by_length = sorted(learned, key=lambda example: (len(example.tokens), draw.random()))
        batches = [by_length[start : start + how.batch_size] for start in range(0, len(by_length), how.batch_size)]
        draw.shuffle(batches)
        yield from batches


def _rate(step: int, steps: int) -> float:
    """Return the share of the learning rate: a short rise, then down to nothing in a line."""
    rise = max(1, round(steps * WARM_UP))
    return min(step / rise, (steps - step + 1) / (steps - rise + 1))


def _loss(model: Any, chat: ChatModel, batch: Sequence[Example]) -> Any:
    """Return the mean loss per token that is to be learned. Padded on the right, where nothing looks back at it."""
    longest = max(len(example.tokens) for example in batch)
    inputs = torch.full((len(batch), longest), chat.padding)
    labels = torch.full((len(batch), longest), IGNORED)
    mask = torch.zeros((len(batch), longest), dtype=torch.long)
    for row, example in enumerate(batch):
        length = len(example.tokens)
        inputs[row, :length] = torch.tensor(example.tokens)
        labels[row, example.start : length] = inputs[row, example.start : length]
        mask[row, :length] = 1
    device = chat.model.device
    logits = model(input_ids=inputs.to(device), attention_mask=mask.to(device)).logits
    return torch.nn.functional.cross_entropy(
        logits[:, :-1].float().flatten(0, 1), labels[:, 1:].flatten().to(device), ignore_index=IGNORED
    )
