"""A classifier that the researcher names stops answers; the one here is a real model of a few weights, made here."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sampling.checks import faults_of_each
from sampling.generation import fill
from sampling.generators.engine import ENGINES
from sampling.generators.interface import ModelNotLoadable
from sampling.intake import UnfitSet, define_recipe
from sampling.models import CandidateSet
from sampling.moderation import moderated
from sampling.recipe_document import IMPORTED, Classifier, Moderation
from sampling.standards import Standards
from tests.sampling.conftest import document
from tests.sampling.methods_at_work import joined, order, run
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD
from tests.sampling.test_importing import bring

WORDS = ["[PAD]", "[UNK]", "good", "bad", "very", "day"]


@pytest.fixture(autouse=True)
def _models_are_let_go() -> Iterator[None]:
    yield
    ENGINES.close()


def make_model(folder: Path, *, labels: list[str], longest: int = 8, several: bool = False) -> str:
    """Write a classifier whose last label is as probable as there is "bad" in the first words of a text."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    tokenizer = Tokenizer(WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=longest
    ).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=len(WORDS),
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=4,
        max_position_embeddings=longest,
        id2label=dict(enumerate(labels)),
        label2id={label: place for place, label in enumerate(labels)},
        problem_type="multi_label_classification" if several else None,
    )
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        # Every word is its own direction; attention takes the mean of the text, the pooler keeps it.
        model.bert.embeddings.word_embeddings.weight.copy_(4 * torch.eye(len(WORDS)))
        for norm in (module for module in model.modules() if isinstance(module, torch.nn.LayerNorm)):
            norm.weight.fill_(1)
        layer = model.bert.encoder.layer[0].attention
        layer.self.value.weight.copy_(torch.eye(len(WORDS)))
        layer.output.dense.weight.copy_(10 * torch.eye(len(WORDS)))
        model.bert.pooler.dense.weight.copy_(torch.eye(len(WORDS)))
        model.classifier.weight[-1, WORDS.index("bad")] = 12
        model.classifier.bias[-1] = -3
    model.save_pretrained(folder)
    return str(folder)


def by(model: str, **options: Any) -> Moderation:
    return Moderation(words="none", classifier=Classifier(model=model, **({"labels": ["toxic"]} | options)))


GOOD, BAD = "good good good day", "bad bad bad day"


def test_what_the_classifier_marks_is_stopped(tmp_path: Path) -> None:
    moderation = by(make_model(tmp_path, labels=["fine", "toxic"]))
    assert moderated([GOOD, BAD, GOOD], language="en", moderation=moderation) == [False, True, False]
    standards = Standards(language="en", moderation=moderation)
    assert faults_of_each([BAD, GOOD], standards=standards) == [["moderated"], []]


def test_only_from_the_probability_that_the_recipe_says(tmp_path: Path) -> None:
    model = make_model(tmp_path, labels=["fine", "toxic"])
    assert moderated([BAD], language="en", moderation=by(model, from_probability=0.9999999)) == [False]
    assert moderated([BAD], language="en", moderation=by(model, from_probability=0.5)) == [True]


def test_only_the_labels_that_the_recipe_names_count(tmp_path: Path) -> None:
    model = make_model(tmp_path, labels=["fine", "toxic"])
    assert moderated([BAD, GOOD], language="en", moderation=by(model, labels=["fine"])) == [False, True]


@pytest.mark.parametrize(("labels", "several"), [(["toxic"], False), (["rude", "threat", "toxic"], True)])
def test_labels_that_do_not_exclude_each_other_are_judged_one_by_one(
    tmp_path: Path, labels: list[str], several: bool
) -> None:
    moderation = by(make_model(tmp_path, labels=labels, several=several))
    assert moderated([GOOD, BAD], language="en", moderation=moderation) == [False, True]


def test_the_end_of_a_text_longer_than_the_model_reads_is_judged_too(tmp_path: Path) -> None:
    moderation = by(make_model(tmp_path, labels=["fine", "toxic"], longest=8))
    texts = ["good day " * 40 + BAD, "good day " * 44, *[GOOD] * 30, BAD]
    assert moderated(texts, language="en", moderation=moderation) == [True, *[False] * 31, True]


def test_nothing_is_judged_where_there_is_nothing(tmp_path: Path) -> None:
    assert moderated([], language="en", moderation=by(make_model(tmp_path, labels=["fine", "toxic"]))) == []


def test_a_label_that_the_model_does_not_know_is_told(tmp_path: Path) -> None:
    moderation = by(make_model(tmp_path, labels=["fine", "toxic"]), labels=["rude"])
    with pytest.raises(ModelNotLoadable, match="has no label rude; it has fine, toxic"):
        moderated([GOOD], language="en", moderation=moderation)


def test_weights_that_are_no_safetensors_are_not_read(tmp_path: Path) -> None:
    model = make_model(tmp_path, labels=["fine", "toxic"])
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelNotLoadable):
        moderated([GOOD], language="en", moderation=by(model))


def test_a_classifier_that_is_not_there_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    with pytest.raises(ModelNotLoadable, match="nowhere/at all"):
        moderated([GOOD], language="en", moderation=by("nowhere/at all"))


# ---- in sets ---------------------------------------------------------------------------------------------------------
def test_an_answer_that_is_stopped_is_asked_anew(tmp_path: Path) -> None:
    moderation = by(make_model(tmp_path, labels=["fine", "toxic"])).model_dump()
    stopped = "bad bad bad bad day"
    drafts, replies, _ = run(order(moderation=moderation), [joined(FIT, stopped, THIRD, FOURTH)], [joined(OTHER)])
    assert sorted(draft.text for draft in drafts) == sorted([FIT, OTHER, THIRD, FOURTH])
    assert replies[0].parts == [[], ["moderated"], [], []]


def test_a_ready_set_is_judged_too(db: None, tmp_path: Path) -> None:
    recipe = IMPORTED.model_copy(update={"moderation": by(make_model(tmp_path, labels=["fine", "toxic"]))})
    assert recipe.is_judged_by_models
    with pytest.raises(UnfitSet) as unfit:
        bring(FIT, OTHER, THIRD, "bad bad bad bad day", recipe=recipe)
    assert unfit.value.reasons == ["moderated"]
    candidate_set = bring(FIT, OTHER, THIRD, FOURTH, recipe=recipe)
    # Which standards it met is part of the recipe that it is stored with.
    assert candidate_set.recipe.says.moderation == recipe.moderation


def test_a_set_whose_classifier_is_not_there_fails_and_says_so(make_set: Callable[..., CandidateSet]) -> None:
    moderation = by("nowhere/at all").model_dump()
    candidate_set = make_set(recipe=define_recipe(document(moderation=moderation)))
    assert fill(candidate_set_id=candidate_set.pk)
    candidate_set.refresh_from_db()
    assert (candidate_set.status, candidate_set.failure) == ("failed", "model-not-loadable")
    assert "nowhere/at all" in candidate_set.failure_detail
    assert candidate_set.completions.exists()
