"""A tiny classifier of pairs of texts, with random weights: it reads the demo model's tokens and knows nothing."""

from pathlib import Path

from django.conf import settings

from tests.sampling.conftest import DEMO_MODEL

LABELS = ["CONTRADICTION", "NEUTRAL", "ENTAILMENT"]


def make_classifier(folder: Path, *, labels: list[str] = LABELS, seed: int = 1) -> str:
    """Write a classifier with these labels and return its folder."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    tokenizer = AutoTokenizer.from_pretrained(Path(settings.BASE_DIR) / DEMO_MODEL)
    tokenizer.model_max_length = 128
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        pad_token_id=tokenizer.pad_token_id,
        # Random weights of the usual size would say nearly the same of all texts.
        initializer_range=0.5,
        id2label=dict(enumerate(labels)),
        label2id={label: place for place, label in enumerate(labels)},
    )
    BertForSequenceClassification(config).eval().save_pretrained(folder)
    return str(folder)
