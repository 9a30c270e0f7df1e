"""A classifier that the researcher names says what entails what; the one here is a real model with random weights."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from sampling.communities.sentences import sentences
from sampling.generators.engine import ENGINES
from sampling.generators.entailment import BATCH, Entailment, entailment_of
from sampling.generators.interface import ModelNotLoadable
from sampling.recipe_document import LocalModel
from tests.sampling.nli import LABELS, make_classifier

PREMISES = ["Ask your elders.", "Try it out for yourself, and see.", "Keep something in store, and wait."]
HYPOTHESES = ["Elders know.", "Wait.", "अपने बड़ों से पूछिए।", "اسأل والديك أولًا."]


@pytest.fixture(autouse=True)
def _models_are_let_go() -> Iterator[None]:
    yield
    ENGINES.close()


def classifier(folder: Path, **options: Any) -> Entailment:
    return entailment_of(LocalModel(model=make_classifier(folder, **options)))


def by_hand(folder: Path, premise: str, hypothesis: str) -> list[float]:
    """Read one pair alone, and return the probability of each label."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.inference_mode():
        logits = model(**tokenizer(premise, hypothesis, return_tensors="pt")).logits[0]
    return [float(share) for share in logits.softmax(dim=0)]


def test_every_pair_gets_the_probability_that_the_model_alone_would_give_it(tmp_path: Path) -> None:
    found = classifier(tmp_path).probabilities(PREMISES, HYPOTHESES)
    assert found.shape == (3, 4)
    for row, premise in enumerate(PREMISES):
        for column, hypothesis in enumerate(HYPOTHESES):
            expected = by_hand(tmp_path, premise, hypothesis)[LABELS.index("ENTAILMENT")]
            assert found[row, column] == pytest.approx(expected, abs=1e-5)
    assert len(np.unique(found.round(6))) > 6


def test_which_text_entails_which_makes_a_difference(tmp_path: Path) -> None:
    entails = classifier(tmp_path)
    there = entails.probabilities(PREMISES[:1], HYPOTHESES[:1])
    assert there != pytest.approx(entails.probabilities(HYPOTHESES[:1], PREMISES[:1]), abs=1e-6)


@pytest.mark.parametrize("labels", [["entailment", "not_entailment"], ["contradiction", "neutral", "Entails"]])
def test_the_label_is_found_by_its_name_wherever_it_stands(tmp_path: Path, labels: list[str]) -> None:
    place = next(place for place, name in enumerate(labels) if name.lower().startswith("entail"))
    [[found]] = classifier(tmp_path, labels=labels).probabilities(PREMISES[:1], HYPOTHESES[:1])
    assert found == pytest.approx(by_hand(tmp_path, PREMISES[0], HYPOTHESES[0])[place], abs=1e-5)


@pytest.mark.parametrize("labels", [["LABEL_0", "LABEL_1"], ["positive", "negative"], ["entailment", "entails"]])
def test_a_model_that_does_not_say_what_entails_is_refused(tmp_path: Path, labels: list[str]) -> None:
    with pytest.raises(ModelNotLoadable, match=f"its labels are {labels[0]}, {labels[1]}"):
        classifier(tmp_path, labels=labels)


def test_more_pairs_than_are_read_at_once_and_none_at_all(tmp_path: Path) -> None:
    entails = classifier(tmp_path)
    many = [f"{place} days" for place in range(BATCH + 3)]
    whole = entails.probabilities(PREMISES[:1], many)
    assert whole.shape == (1, BATCH + 3)
    assert whole[:, -2:] == pytest.approx(entails.probabilities(PREMISES[:1], many[-2:]), abs=1e-5)
    assert entails.probabilities([], HYPOTHESES).shape == (0, 4)


def test_texts_that_are_too_long_are_cut_off_and_judged(tmp_path: Path) -> None:
    [[found]] = classifier(tmp_path).probabilities(["word " * 3000], ["A sentence."])
    assert 0 < found < 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("एक बात। दूसरी बात॥", ["एक बात।", "दूसरी बात॥"]),
        ("هل هذا صحيح؟ نعم.", ["هل هذا صحيح؟", "نعم."]),
        ('He said "go." Then he went.', ['He said "go."', "Then he went."]),
        ("First line\n- second line\n---\n", ["First line", "- second line"]),
        ("3.5 kilometres", ["3.5 kilometres"]),
        ("  ", []),
        ("...", []),
    ],
)
def test_a_text_is_cut_into_its_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected
