"""Texts as vectors: by character n-grams without a model, or by a model that the researcher names."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings

from pluralism.diversity import cosines
from sampling.embedding import N_GRAMS, name_of, vectors
from sampling.generators.interface import ModelNotLoadable
from sampling.generators.local_model import weights_sha256
from sampling.recipe_document import LocalModel
from tests.sampling.conftest import DEMO_MODEL, QUESTIONS

MODEL = LocalModel(model=DEMO_MODEL)
TEXTS = [
    "Ask your elders first. They have seen hard years.",
    "Look at the evidence and decide for yourself.",
    "मुझे अपने माता-पिता से बात करनी चाहिए।",
]


@pytest.fixture(params=[None, MODEL], ids=["n-grams", "model"])
def embedder(request: pytest.FixtureRequest) -> LocalModel | None:
    found: LocalModel | None = request.param
    return found


def test_every_text_has_a_vector_of_length_one(embedder: LocalModel | None) -> None:
    found = vectors([*QUESTIONS.values()], embedder=embedder)
    assert found.shape[0] == len(QUESTIONS)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1)


def test_a_text_has_the_same_vector_whatever_stands_beside_it(embedder: LocalModel | None) -> None:
    alone = [vectors([text], embedder=embedder)[0] for text in TEXTS]
    assert np.stack(alone) == pytest.approx(vectors(TEXTS, embedder=embedder), abs=1e-5)


def test_more_texts_than_a_batch_come_back_in_their_order() -> None:
    many = [f"Answer number {number}." for number in range(40)]
    found = vectors(many, embedder=MODEL)
    assert found[37] == pytest.approx(vectors(many[37:38], embedder=MODEL)[0], abs=1e-5)


def test_no_texts_have_no_vectors(embedder: LocalModel | None) -> None:
    assert len(vectors([], embedder=embedder)) == 0


def test_n_grams_see_words_and_not_their_order_or_case() -> None:
    same, other = vectors(["Look at the facts", "the FACTS look at", "Regardez bien"], embedder=None)[1:]
    first = vectors(["Look at the facts"], embedder=None)[0]
    assert first @ same == pytest.approx(1)
    assert first @ other < 0.1


def test_n_grams_do_not_see_what_is_meant() -> None:
    said, denied, paraphrased = vectors(
        ["This is wrong for everybody", "This is not wrong for everybody", "No one should ever do so"], embedder=None
    )
    assert said @ denied > 0.7 > 0.3 > said @ paraphrased


def test_an_empty_text_is_like_nothing() -> None:
    assert cosines(vectors(["", "word"], embedder=None)).tolist() == [[1, 0], [0, 1]]


def test_figures_are_labelled_with_the_model_and_its_weights() -> None:
    assert name_of(None) == N_GRAMS
    assert name_of(MODEL) == f"{DEMO_MODEL}@{weights_sha256(Path(settings.BASE_DIR) / DEMO_MODEL)}"


def test_what_is_longer_than_the_model_reads_is_cut_off() -> None:
    long = "one word after the other " * 400
    assert vectors([long], embedder=MODEL)[0] == pytest.approx(
        vectors([long + "and more"], embedder=MODEL)[0], abs=1e-5
    )


def test_a_model_that_is_not_there_is_said() -> None:
    with pytest.raises(ModelNotLoadable, match="there is no folder"):
        vectors(TEXTS, embedder=LocalModel(model="examples/nothing/here"))


def test_weights_in_a_format_that_can_run_code_are_not_loaded(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(Path(settings.BASE_DIR) / DEMO_MODEL, tmp_path / "model"))
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelNotLoadable):
        vectors(TEXTS, embedder=LocalModel(model=str(folder)))
