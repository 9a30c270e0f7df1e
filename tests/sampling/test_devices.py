"""Where models run: the numbers and kernels that a device has, and the end of a process that lost its device."""

import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from django.conf import settings
from transformers import AutoModelForCausalLM

from sampling.generators import chat_model, local_model
from sampling.generators.batching_config import batching_config, longest
from sampling.generators.chat_model import FLASH, PLAIN, ChatModel
from tests.matrix import some_of
from tests.sampling.test_engines import load_demo_model

GPU = torch.device("cuda:0")


@pytest.mark.parametrize(
    ("place", "has_bfloat16", "numbers"),
    [(torch.device("cpu"), True, torch.float32), (GPU, True, torch.bfloat16), (GPU, False, torch.float16)],
)
def test_a_device_computes_with_the_numbers_that_it_has_itself(
    monkeypatch: pytest.MonkeyPatch, place: torch.device, has_bfloat16: bool, numbers: torch.dtype
) -> None:
    def supported(*, including_emulation: bool) -> bool:
        return has_bfloat16 or including_emulation

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert local_model._numbers(place) == numbers


@pytest.mark.parametrize(
    ("device", "installed", "supported", "dtype", "kernel"),
    [
        ("cuda", True, True, torch.bfloat16, FLASH),
        ("cuda", False, True, torch.bfloat16, PLAIN),
        ("cuda", True, False, torch.bfloat16, PLAIN),
        ("cuda", True, True, torch.float16, PLAIN),
        ("cpu", True, True, torch.float32, PLAIN),
    ],
)
def test_flash_attention_is_used_where_it_is_installed_and_never_looked_for_on_the_hub(
    monkeypatch: pytest.MonkeyPatch, device: str, installed: bool, supported: bool, dtype: torch.dtype, kernel: str
) -> None:
    def is_installed(*, kernels_fallback_ok: bool) -> bool:
        assert not kernels_fallback_ok
        return installed

    monkeypatch.setattr(chat_model, "is_flash_attn_2_available", is_installed)
    model = SimpleNamespace(device=torch.device(device), _supports_flash_attn=supported, dtype=dtype)
    assert chat_model._attention(model) == kernel


def test_a_model_on_a_cpu_is_loaded_as_torch_has_it() -> None:
    chat = load_demo_model()
    assert chat.attention == chat.model.config._attn_implementation == PLAIN
    assert chat.model.dtype == torch.float32


def test_with_flash_attention_pages_are_as_large_as_it_wants_them() -> None:
    model = AutoModelForCausalLM.from_config(load_demo_model().model.config)
    sizes = {}
    for attention in (PLAIN, FLASH):
        chat = ChatModel(model=model, tokenizer=None, revision="", attention=attention)
        config = batching_config(chat, max_requests=8)
        sizes[attention] = getattr(config, "page_size", None) or config.block_size
        assert longest(chat, blocks=4) == 2 * sizes[attention]
    assert sizes == {PLAIN: 32, FLASH: 256}


SCRIPT = """
import os, sys, threading, time
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
import torch
from sampling.generators import micro_batches
from sampling.generators.continuous_batching import ContinuousBatching
from sampling.generators.micro_batches import MicroBatches
from sampling.recipe_document import Decoding
from tests.sampling.test_engines import conversation, load_demo_model

def lose(*_):
    raise torch.AcceleratorError("CUDA error: an illegal memory access was encountered")

kind = sys.argv[1]
threading.Timer(60, os._exit, [1]).start()
if kind == "continuous":
    engine = ContinuousBatching(load_demo_model())
    engine._manager.batch_processor.update_batch = lose
else:
    engine = MicroBatches(load_demo_model())
    engine._generate = micro_batches.scores = lose
if kind == "scores":
    engine.score(conversation("en"), ["yes"])
else:
    engine.submit(conversation("en"), Decoding())
time.sleep(120)
"""


@pytest.mark.parametrize("kind", some_of(["continuous", "micro", "scores"], every=3))
def test_a_process_that_lost_its_device_ends_so_that_another_one_begins(kind: str) -> None:
    environment: dict[str, Any] = os.environ | {"GENERATOR_DEVICE": "cpu", "GENERATOR_THREADS": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, kind],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 70, ran.stderr
    assert "The device is lost to this process, which ends" in ran.stderr
