"""How probable given answers are: the logarithms of their probabilities, several in one pass through the model."""

import inspect
from typing import Any

import torch

from sampling.generators.chat_model import ChatModel
from sampling.generators.engine import Scoring


def scores(chat: ChatModel, batch: list[Scoring]) -> list[float]:
    """Return the log-probability of each option as the whole answer: natural logarithm, summed over its tokens.

    The whole answer: after its last token comes one of those that end an answer, whichever.
    """
    answers = max(len(one.option) for one in batch) + 1
    with torch.inference_mode():
        logits = chat.model(**_inputs(chat, batch, answers)).logits[:, -answers:]
        said = torch.log_softmax(logits.float(), dim=-1)
        return [_score(chat, one, row) for one, row in zip(batch, said, strict=True)]


def _score(chat: ChatModel, one: Scoring, row: Any) -> float:
    """Add up the log-probabilities of an option's tokens and of an end; `row` predicts them in its last lines."""
    lines = row[len(row) - len(one.option) - 1 :]
    tokens = torch.tensor(one.option, device=row.device, dtype=torch.long)
    of_tokens = lines[:-1].gather(1, tokens[:, None]).sum()
    of_ending = lines[-1, chat.end_tokens].logsumexp(0)
    return float(of_tokens + of_ending)


def _inputs(chat: ChatModel, batch: list[Scoring], answers: int) -> dict[str, Any]:
    """Return prompts with options, padded on the left, so that the last lines of all rows are those of answers."""
    rows = [one.prompt + one.option for one in batch]
    longest = max(map(len, rows))
    device = chat.model.device
    padded = torch.tensor([[chat.padding] * (longest - len(row)) + row for row in rows], device=device)
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows], device=device)
    inputs = {
        "input_ids": padded,
        "attention_mask": mask,
        "position_ids": (mask.cumsum(1) - 1).clamp(min=0),
        # The vocabulary is large: predictions for the prompt would fill the memory.
        "logits_to_keep": answers,
        "use_cache": False,
    }
    known = inspect.signature(chat.model.forward).parameters
    return {name: value for name, value in inputs.items() if name in known}
