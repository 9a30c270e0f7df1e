"""LoRA adapters: added to a loaded model, switched from batch to batch, and refused where something is wrong."""

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sampling.asking import Request
from sampling.generators import generator_of
from sampling.generators.chat_model import ChatModel
from sampling.generators.engine import ENGINES
from sampling.generators.interface import ModelNotLoadable, Progress
from sampling.generators.local_model import weights_sha256
from sampling.generators.micro_batches import MicroBatches
from sampling.recipe_document import Decoding, Generator
from tests.sampling.adapters import make_adapter
from tests.sampling.conftest import DEMO_MODEL, QUESTIONS
from tests.sampling.test_engines import conversation, load_demo_model

MESSAGES = [{"role": "user", "content": QUESTIONS["en"]}]
OPTIONS = ["Ask your parents.", "Begin with what you can measure."]
SHORT = Decoding(max_new_tokens=24)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two adapters that change different parts of the model."""
    folder = tmp_path_factory.mktemp("adapters")
    return [
        make_adapter(folder / "one", seed=1, r=4),
        make_adapter(folder / "two", seed=2, r=8, lora_alpha=16, target_modules=["k_proj", "down_proj"]),
    ]


@pytest.fixture(scope="module")
def chat() -> ChatModel:
    return load_demo_model()


@pytest.fixture
def engine(chat: ChatModel) -> Iterator[MicroBatches]:
    started = MicroBatches(chat.twin())
    yield started
    started.close()


@pytest.fixture
def copy(folders: list[Path], tmp_path: Path) -> Path:
    """An adapter's folder that a test may spoil."""
    for file in folders[0].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def add(engine: MicroBatches, folder: Path, revision: str | None = None) -> str:
    here, _revision = engine.adapters.add(
        name=str(folder), revision=revision, folder=Path("/"), base=engine.chat.revision
    )
    return here


def scored(engine: MicroBatches, adapter: str = "") -> list[float]:
    return [one.future.result(timeout=60) for one in engine.score(MESSAGES, OPTIONS, adapter=adapter)]


def spec(adapter: Path | None = None, **fields: Any) -> Generator:
    return Generator(name="huggingface", model=DEMO_MODEL, adapter=str(adapter) if adapter else None, **fields)


def test_an_adapter_gives_what_the_model_with_its_weights_added_would(
    chat: ChatModel, engine: MicroBatches, folders: list[Path]
) -> None:
    from peft import PeftModel

    for folder in folders:
        fresh = load_demo_model()
        merged = PeftModel.from_pretrained(fresh.model, str(folder)).merge_and_unload()
        other = MicroBatches(ChatModel(model=merged, tokenizer=fresh.tokenizer, revision=""))
        assert scored(engine, add(engine, folder)) == pytest.approx(scored(other), abs=1e-3)
        other.close()


def test_the_model_itself_stays_as_it_was(chat: ChatModel, engine: MicroBatches, folders: list[Path]) -> None:
    names = list(dict(chat.model.named_modules()))
    before = scored(engine)
    changed = [scored(engine, add(engine, folder)) for folder in folders]
    assert scored(engine) == before
    assert before not in changed
    assert list(dict(chat.model.named_modules())) == names


def test_a_twin_shares_every_weight_and_nothing_that_is_switched(chat: ChatModel) -> None:
    twin = chat.twin()
    for one, other in zip(chat.model.parameters(), twin.model.parameters(), strict=True):
        assert one is other
    assert twin.model.lm_head.weight is chat.model.model.embed_tokens.weight
    kernel = chat.model.config._attn_implementation
    twin.model.set_attn_implementation("eager")
    assert chat.model.config._attn_implementation == kernel


def test_people_with_different_adapters_wait_beside_each_other(engine: MicroBatches, folders: list[Path]) -> None:
    names = ["", *(add(engine, folder) for folder in folders)]
    expected = {name: scored(engine, name) for name in names}
    with ThreadPoolExecutor(12) as pool:
        got = list(pool.map(lambda place: scored(engine, names[place % 3]), range(24)))
    for place, scores in enumerate(got):
        assert scores == pytest.approx(expected[names[place % 3]], abs=1e-3)


def test_an_adapter_is_added_while_another_one_writes(engine: MicroBatches, folders: list[Path]) -> None:
    first = add(engine, folders[0])
    writings = [engine.submit(conversation("hi"), Decoding(max_new_tokens=64), adapter=first) for _ in range(4)]
    second = add(engine, folders[1])
    assert all(writing.future.result(timeout=60).new_tokens for writing in writings)
    assert scored(engine, second) != scored(engine, first)


def test_who_wrote_with_an_adapter_is_recorded_with_its_hash(folders: list[Path]) -> None:
    generators = [generator_of(spec(folder), SHORT) for folder in (folders[0], folders[1], None, folders[0])]
    assert [generator.adapter for generator in generators] == [
        f"{folders[0]}@{weights_sha256(folders[0])}",
        f"{folders[1]}@{weights_sha256(folders[1])}",
        "",
        f"{folders[0]}@{weights_sha256(folders[0])}",
    ]
    assert len({generator.revision for generator in generators}) == 1
    request = Request(messages=MESSAGES, purpose="one")
    assert all(generator.complete([request], progress=Progress()) for generator in generators)


def test_an_adapter_may_be_named_by_its_hash(folders: list[Path], engine: MicroBatches) -> None:
    assert add(engine, folders[0], revision=weights_sha256(folders[0]))
    with pytest.raises(ModelNotLoadable, match="asks for sha256:1234"):
        add(engine, folders[0], revision="sha256:1234")


def test_a_path_is_no_hub_id(engine: MicroBatches) -> None:
    with pytest.raises(ModelNotLoadable, match="there is no folder"):
        add(engine, Path("/nowhere/at/all"))


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tmp_path: Path, folders: list[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub that cannot be reached, and of which one adapter was fetched before."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    kept = tmp_path / "models--org--river"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text(COMMIT)
    shutil.copytree(folders[0], kept / "snapshots" / COMMIT)
    return tmp_path


def test_an_adapter_from_the_hub_is_known_by_its_commit(engine: MicroBatches, hub: Path, folders: list[Path]) -> None:
    for revision in (None, COMMIT):
        here, known_as = engine.adapters.add(name="org/river", revision=revision, folder=hub, base="")
        assert known_as == COMMIT
        assert scored(engine, here) == pytest.approx(scored(engine, add(engine, folders[0])), abs=1e-4)


def test_an_adapter_that_the_hub_does_not_give_is_said(engine: MicroBatches, hub: Path) -> None:
    with pytest.raises(ModelNotLoadable, match="org/lake"):
        engine.adapters.add(name="org/lake", revision=None, folder=hub, base="")


def no_weights(folder: Path) -> None:
    (folder / "adapter_model.safetensors").unlink()


def pickled_weights(folder: Path) -> None:
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")


def half_of_the_weights(folder: Path) -> None:
    weights = folder / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:2000])


def configured(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "adapter_config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


def other_base(folder: Path) -> None:
    (folder / "COMMUNITY.json").write_text(json.dumps({"base": {"model": "m", "revision": "sha256:other"}}))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (no_weights, "has no adapter_model.safetensors"),
        (pickled_weights, "has no adapter_model.safetensors"),
        (half_of_the_weights, "header"),
        (configured(peft_type="PROMPT_TUNING"), "is no LoRA adapter"),
        (configured(megatron_config={"a": 1}, megatron_core="antigravity"), "megatron_config, megatron_core"),
        (configured(modules_to_save=["lm_head"]), "modules_to_save"),
        (configured(target_modules=["q_proj"]), "does not fit the model"),
        (configured(target_modules=["q_proj", "v_proj", "o_proj"]), "does not fit the model"),
        (configured(target_modules=["no_such_layer"]), "no_such_layer"),
        (configured(r=16), "size mismatch"),
        (other_base, "was trained on a model with sha256:other"),
    ],
)
def test_what_is_wrong_with_an_adapter_is_said_and_the_others_go_on(
    engine: MicroBatches, copy: Path, folders: list[Path], spoil: Callable[[Path], None], said: str
) -> None:
    good = add(engine, folders[1])
    before = scored(engine, good), scored(engine)
    spoil(copy)
    with pytest.raises(ModelNotLoadable, match=said) as refused:
        add(engine, copy)
    assert str(copy) in str(refused.value)
    assert (scored(engine, good), scored(engine)) == before


def test_an_adapter_that_could_not_be_added_is_not_tried_for_every_set(copy: Path) -> None:
    no_weights(copy)
    for _ in range(2):
        with pytest.raises(ModelNotLoadable, match="has no"):
            generator_of(spec(copy), SHORT)
    # Mended, but not looked at again within the minute; the model itself is not held responsible.
    (copy / "adapter_model.safetensors").write_bytes(b"")
    with pytest.raises(ModelNotLoadable, match="has no"):
        generator_of(spec(copy), SHORT)
    assert generator_of(spec(), SHORT).complete([Request(messages=MESSAGES, purpose="one")], progress=Progress())


def test_engines_with_adapters_close_within_seconds(folders: list[Path]) -> None:
    generator = generator_of(spec(folders[0]), Decoding(max_new_tokens=1500))
    request = Request(messages=MESSAGES, purpose="one")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(generator.complete, [request] * 8, progress=Progress())
        ENGINES.close()
        # Closed before it began, cut short, or done already: whoever waits is told.
        asked.exception(timeout=10)


def test_only_a_local_model_takes_an_adapter() -> None:
    with pytest.raises(ValidationError, match="only huggingface takes an adapter"):
        Generator(name="openai-compatible", model="m", endpoint="e", adapter="a")
