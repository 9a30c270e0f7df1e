"""Train the demo model from nothing, on a CPU, in some minutes: python examples/demo_model/train.py --output DIR"""

import argparse
import hashlib
import json
import logging
import math
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import torch
import transformers
from corpus import Example, choices, example
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from tqdm import tqdm
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

CONTEXT = 2048
VOCABULARY = 3072
SPECIAL_TOKENS = ["<|pad|>", "<|bos|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
# Combining marks stay with their letters: the usual pattern cuts Hindi at every vowel sign and doubles its tokens.
WORDS = Regex(r"[^\r\n\p{L}\p{M}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+|\s*[\r\n]+|\s+")

# A kernel is compiled for each shape of batch, so there are few shapes; longer conversations are left out.
LENGTHS = (128, 192, 256, 320, 384, 448, 544, 672, 832, 1024)
TOKENS_PER_BATCH = 3328
PEAK_RATE = 4e-3
WARM_UP = 60
PROMPT_WEIGHT = 0.1
# The few tokens that settle which value is told next, and whether another answer follows, teach slowly otherwise.
CHOICE_WEIGHT = 4.0
TOKENS_OF_A_CHOICE = 2
IGNORED = -100


@dataclass(frozen=True)
class Encoded:
    """The tokens of a conversation with its completion, where the completion starts, and which tokens are choices."""

    tokens: list[int]
    start: int
    chosen: list[int]


def build_tokenizer(*, seed: int, conversations: int = 6000) -> PreTrainedTokenizerFast:
    rng = random.Random(seed)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(WORDS, "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator((text for _ in range(conversations) for text in all_texts(example(rng))), trainer)
    pad, bos, end, *roles = SPECIAL_TOKENS
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=pad,
        bos_token=bos,
        eos_token=end,
        extra_special_tokens=roles,
        padding_side="left",
        model_max_length=CONTEXT,
        chat_template=CHAT_TEMPLATE,
    )


def all_texts(example: Example) -> list[str]:
    return [*(message["content"] for message in example.messages), example.completion]


def build_model(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=5,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    model = LlamaForCausalLM(config)
    # Sampling has to be on in the file: `transformers serve` ignores a temperature without it.
    model.generation_config.update(do_sample=True, temperature=0.7, top_p=0.95, top_k=50)
    return model


def encode(tokenizer: PreTrainedTokenizerFast, example: Example) -> Encoded:
    prompt = tokenizer.apply_chat_template(example.messages, add_generation_prompt=True, return_dict=False)
    completion = tokenizer(example.completion, add_special_tokens=False)
    places = [completion.char_to_token(place) for place in choices(example.completion, example.language)]
    end = len(prompt) + len(completion.input_ids)
    chosen = [len(prompt) + place + n for place in places for n in range(TOKENS_OF_A_CHOICE)]
    return Encoded([*prompt, *completion.input_ids, tokenizer.eos_token_id], len(prompt), [*chosen, end])


def batches(tokenizer: PreTrainedTokenizerFast, rng: random.Random) -> Iterator[tuple[int, list[Encoded]]]:
    """Batches without end, each of conversations of about one length."""
    waiting: dict[int, list[Encoded]] = {length: [] for length in LENGTHS}
    while True:
        encoded = encode(tokenizer, example(rng))
        length = next((length for length in LENGTHS if len(encoded.tokens) <= length), None)
        if length is None:
            continue
        waiting[length].append(encoded)
        if len(waiting[length]) == TOKENS_PER_BATCH // length:
            yield length, waiting[length]
            waiting[length] = []


def tensors(batch: list[Encoded], length: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Inputs (padded on the right), labels and the weight of each label; all of shape (conversations, length)."""
    inputs = torch.zeros(len(batch), length, dtype=torch.long)
    labels = torch.full((len(batch), length), IGNORED)
    weights = torch.zeros(len(batch), length)
    for row, encoded in enumerate(batch):
        n = len(encoded.tokens)
        inputs[row, :n] = labels[row, :n] = torch.tensor(encoded.tokens)
        weights[row, : encoded.start] = PROMPT_WEIGHT
        weights[row, encoded.start : n] = 1.0
        weights[row, encoded.chosen] = CHOICE_WEIGHT
    return inputs, labels, weights


def losses(model: LlamaForCausalLM, batch: list[Encoded], length: int) -> tuple[torch.Tensor, float]:
    """The loss to minimise, and the mean loss per token of the completions alone."""
    inputs, labels, weights = tensors(batch, length)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(input_ids=inputs).logits
    each = torch.nn.functional.cross_entropy(
        logits[:, :-1].float().flatten(0, 1), labels[:, 1:].flatten(), reduction="none", ignore_index=IGNORED
    )
    weight = weights[:, 1:].flatten()
    return (each * weight).sum() / weight.sum(), each.detach()[weight >= 1].mean().item()


def optimizers(model: LlamaForCausalLM) -> list[torch.optim.Optimizer]:
    """Muon for the matrices, AdamW for embeddings and norms."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    embeddings = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" in name]
    norms = [p for p in model.parameters() if p.ndim < 2]
    decayed = [{"params": embeddings, "weight_decay": 0.05}, {"params": norms, "weight_decay": 0.0}]
    return [
        torch.optim.Muon(matrices, lr=PEAK_RATE, weight_decay=0.02, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(decayed, lr=PEAK_RATE, betas=(0.9, 0.98)),
    ]


def rate(step: int, steps: int) -> float:
    """A short rise, then half a cosine down to 3 % of the peak."""
    return PEAK_RATE * min(1, (step + 1) / WARM_UP) * (0.03 + 0.97 * (1 + math.cos(math.pi * step / steps)) / 2)


def train(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, *, steps: int, seed: int
) -> list[dict[str, float]]:
    """Train the model in place; returns the loss on the way."""
    started, log, smoothed = time.monotonic(), [], None
    source = batches(tokenizer, random.Random(seed))
    steppers = optimizers(model)
    progress = tqdm(range(steps), desc="training", unit="step", mininterval=1)
    for step in progress:
        length, batch = next(source)
        loss, completion_loss = losses(model, batch, length)
        for stepper in steppers:
            stepper.zero_grad(set_to_none=True)
            for group in stepper.param_groups:
                group["lr"] = rate(step, steps)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for stepper in steppers:
            stepper.step()
        smoothed = completion_loss if smoothed is None else 0.95 * smoothed + 0.05 * completion_loss
        if (step + 1) % 100 == 0 or step + 1 == steps:
            seconds = round(time.monotonic() - started, 1)
            log.append({"step": step + 1, "seconds": seconds, "completion_loss": round(smoothed, 4)})
            progress.set_postfix(loss=f"{smoothed:.3f}")
    return log


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, output: Path) -> None:
    model.to(torch.bfloat16).save_pretrained(output)
    tokenizer.save_pretrained(output, save_jinja_files=False)
    lines = [
        f"{hashlib.sha256((output / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("model.safetensors", "tokenizer.json")
    ]
    (output / "CHECKSUMS").write_text("".join(lines), encoding="utf-8")


def write_log(output: Path, *, arguments: argparse.Namespace, parameters: int, losses: list[dict[str, float]]) -> None:
    log = {
        "parameters": parameters,
        "steps": arguments.steps,
        "seed": arguments.seed,
        "threads": arguments.threads,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "losses": losses,
    }
    (output / "train_log.json").write_text(json.dumps(log, indent=1) + "\n", encoding="utf-8")


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(1, f"{message[0].upper()}{message[1:]}.\n")


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser(description="Train Counterpoint's demo model from the texts beside this file.")
    parser.add_argument("--output", type=Path, required=True, help="folder to write the model to")
    parser.add_argument("--steps", type=positive, default=2200)
    parser.add_argument("--seed", type=positive, default=1)
    parser.add_argument("--threads", type=positive, default=2)
    arguments = parser.parse_args(argv)
    try:
        arguments.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"cannot write to {arguments.output}: {error.strerror}")
    return arguments


def main(argv: list[str]) -> None:
    arguments = parse(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    tokenizer = build_tokenizer(seed=arguments.seed)
    model = build_model(tokenizer)
    parameters = sum(p.numel() for p in model.parameters())
    losses = train(model, tokenizer, steps=arguments.steps, seed=arguments.seed)
    save(model, tokenizer, arguments.output)
    write_log(arguments.output, arguments=arguments, parameters=parameters, losses=losses)
    logging.info("Wrote a model of %.2f million parameters to %s.", parameters / 1e6, arguments.output)


if __name__ == "__main__":
    main(sys.argv[1:])
