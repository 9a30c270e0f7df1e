"""Tiny adapters on the demo model, with random weights: enough to answer otherwise, and nothing was learned."""

from pathlib import Path
from typing import Any


def make_adapter(folder: Path, *, seed: int, model: Any = None, **config: Any) -> Path:
    """Write an adapter for the demo model (or another) and return its folder."""
    import torch
    from peft import LoraConfig, get_peft_model

    from tests.sampling.test_engines import load_demo_model

    torch.manual_seed(seed)
    fields: dict[str, Any] = {"r": 4, "target_modules": ["q_proj", "v_proj"], "task_type": "CAUSAL_LM"}
    worn = get_peft_model(model or load_demo_model().model, LoraConfig(**(fields | config), init_lora_weights=False))
    worn.save_pretrained(str(folder))
    return folder
