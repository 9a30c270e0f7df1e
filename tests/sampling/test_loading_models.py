"""A model is read from safetensors in a folder or by hub id, and whatever is wrong with it is said."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from sampling.generators.chat_model import ChatModel, load
from sampling.generators.interface import ModelNotLoadable
from sampling.generators.local_model import weights_sha256
from tests.sampling.conftest import DEMO_MODEL

DEMO = Path(settings.BASE_DIR) / DEMO_MODEL


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEMO, tmp_path / "model"))


def load_here(name: str | Path, *, revision: str | None = None, device: str = "cpu") -> ChatModel:
    return load(name=str(name), revision=revision, folder=settings.BASE_DIR, device=device, threads=1)


def test_a_path_is_relative_to_the_project_or_absolute(copy: Path) -> None:
    assert load_here(DEMO_MODEL).revision == load_here(copy).revision == weights_sha256(DEMO)


def test_the_weights_may_be_named_by_their_hash(copy: Path) -> None:
    known = weights_sha256(copy)
    assert load_here(copy, revision=known).revision == known
    with pytest.raises(ModelNotLoadable, match="sha256:1234"):
        load_here(copy, revision="sha256:1234")


def test_other_weights_have_another_hash(copy: Path) -> None:
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert weights_sha256(copy) != weights_sha256(DEMO)


def test_weights_that_are_cut_off_are_not_loaded(copy: Path) -> None:
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelNotLoadable, match="model"):
        load_here(copy)


def test_weights_in_a_format_that_can_run_code_are_not_loaded(copy: Path) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(ModelNotLoadable):
        load_here(copy)


def test_a_model_without_a_chat_template_cannot_be_talked_to(copy: Path) -> None:
    settings_of_tokenizer = copy / "tokenizer_config.json"
    settings_of_tokenizer.write_text(settings_of_tokenizer.read_text().replace('"chat_template"', '"no_template"'))
    with pytest.raises(ModelNotLoadable, match="chat template"):
        load_here(copy)


@pytest.mark.parametrize("device", ["cuda:77", "quantum"])
def test_a_device_that_is_not_there_is_said(device: str) -> None:
    with pytest.raises(ModelNotLoadable, match="GENERATOR_DEVICE"):
        load_here(DEMO_MODEL, device=device)


def test_a_folder_that_is_not_there_is_not_looked_for_on_the_hub() -> None:
    with pytest.raises(ModelNotLoadable, match="there is no folder"):
        load_here("examples/nothing/here")


def test_several_models_may_be_asked_for_at_the_same_moment() -> None:
    with ThreadPoolExecutor(max_workers=6) as threads:
        loaded = list(threads.map(load_here, [DEMO_MODEL] * 6))
    assert {chat.model.device.type for chat in loaded} == {"cpu"}
