"""How transformers' continuous batching is set up for a model, on versions 5.17 and later."""

import dataclasses
from typing import Any

from transformers import ContinuousBatchingConfig, GenerationConfig

from sampling.generators.chat_model import FLASH, ChatModel

PAGE_TOKENS = 32
# Flash attention takes no smaller ones.
FLASH_PAGE_TOKENS = 256
CPU_CACHE_BYTES = 128 * 1024 * 1024
GPU_CACHE_SHARE = 0.7
"""Of the memory that is free once the model is loaded. Adapters, scores and other models need some too."""


def generation_config(chat: ChatModel) -> GenerationConfig:
    """Return what holds where a request does not say otherwise."""
    # Each of these three must differ from its neutral value here, or a request's own value is ignored.
    return GenerationConfig(
        do_sample=True,
        temperature=0.7,
        top_p=0.95,
        top_k=50,
        eos_token_id=chat.end_tokens,
        pad_token_id=chat.padding,
    )


def batching_config(chat: ChatModel, *, max_requests: int) -> ContinuousBatchingConfig:
    """Return the sizes of the batch and its cache. On a GPU the library sizes the cache by the memory that is free."""
    known = {field.name for field in dataclasses.fields(ContinuousBatchingConfig)}
    wanted: dict[str, Any] = {
        # The size of a page had another name up to transformers 5.17.
        "page_size" if "page_size" in known else "block_size": _page_tokens(chat),
        "max_requests_per_batch": max_requests,
        "per_request_processors": True,
        # It would look for a kernel on the hub.
        "auto_switch_to_flash": False,
    }
    if chat.model.device.type == "cpu":
        wanted |= {"num_blocks": _cpu_blocks(chat), "max_batch_tokens": 2048}
    else:
        wanted["max_memory_percent"] = GPU_CACHE_SHARE
    return ContinuousBatchingConfig(**{name: value for name, value in wanted.items() if name in known})


def longest(chat: ChatModel, *, blocks: int | None) -> int:
    """Return how long a prompt with its answer may be: one request may take at most half of the cache."""
    return min(chat.context, _page_tokens(chat) * blocks // 2) if blocks else chat.context


def _page_tokens(chat: ChatModel) -> int:
    return FLASH_PAGE_TOKENS if chat.attention == FLASH else PAGE_TOKENS


def _cpu_blocks(chat: ChatModel) -> int:
    """Return how many pages fit into the memory set aside, but enough for two whole conversations."""
    config = chat.model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    page_bytes = 2 * config.num_hidden_layers * heads * width * 4 * PAGE_TOKENS
    return int(max(CPU_CACHE_BYTES // page_bytes, 2 * chat.context // PAGE_TOKENS + 4))
