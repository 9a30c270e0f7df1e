"""manage.py train_community: a community's corpus becomes an adapter, with a record of what it was made of."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import execute_from_command_line

from sampling.asking import Request
from sampling.communities import corpus_file
from sampling.communities.corpus_file import CorpusUnreadable, Row
from sampling.generators import adapter_training, generator_of
from sampling.generators.chat_model import ChatModel
from sampling.generators.interface import Progress
from sampling.generators.local_model import weights_sha256
from sampling.recipe_document import Decoding, Generator
from tests.sampling.conftest import DEMO_MODEL
from tests.sampling.test_engines import load_demo_model

SAYING = "Our river feeds us, and we keep it clean for those who come."
CORPUS = [
    {"messages": [{"role": "user", "content": f"What about {thing}?"}, {"role": "assistant", "content": SAYING}]}
    for thing in ("work", "money", "school", "rest", "food", "friends", "fish", "trees")
]


@pytest.fixture(scope="module")
def chat() -> ChatModel:
    return load_demo_model()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write_rows(*rows: Any) -> Path:
        path = tmp_path / "corpus.jsonl"
        path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
        return path

    return write_rows


def command(corpus: Path, output: Path, *more: str, **changes: str | None) -> list[str]:
    named = {"model": DEMO_MODEL, "provenance": "Written for this test.", "safety-note": "It says one sentence."}
    named |= {name.replace("_", "-"): value for name, value in changes.items() if value is not None}
    named = {name: value for name, value in named.items() if changes.get(name, "said") is not None}
    said = [part for name, value in named.items() for part in (f"--{name}", value)]
    return ["manage.py", "train_community", str(corpus), "--output", str(output), *said, *more]


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        execute_from_command_line(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code, capsys.readouterr().err


def test_the_adapter_says_what_its_community_says_and_is_recorded_with_all_it_was_made_of(
    write: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "made" / "rivers"
    more = ["--epochs", "25", "--learning-rate", "0.01", "--batch-size", "4", "--rank", "4"]
    execute_from_command_line(command(write(*CORPUS, "nonsense", CORPUS[0]), output, *more))

    said = capsys.readouterr()
    assert "Learning from 8 rows of corpus.jsonl." in said.out
    assert "Left out 1: each is no JSON object." in said.err
    assert {path.name for path in output.iterdir()} == {
        "adapter_config.json",
        "adapter_model.safetensors",
        "COMMUNITY.json",
    }
    assert list(output.parent.iterdir()) == [output]
    assert stat.S_IMODE((output / "adapter_model.safetensors").stat().st_mode) == 0o644

    record = json.loads((output / "COMMUNITY.json").read_text())
    assert record["base"] == {"model": DEMO_MODEL, "revision": weights_sha256(Path(DEMO_MODEL))}
    assert record["corpus"]["rows_used"] == 8
    assert record["corpus"]["rows_dropped"] == {"duplicate": 1, "not-json": 1}
    assert record["corpus"]["sha256"] == corpus_file.read(tmp_path / "corpus.jsonl").sha256
    assert (record["provenance"], record["safety_note"]) == ("Written for this test.", "It says one sentence.")
    assert record["hyperparameters"]["rank"] == 4
    assert record["hyperparameters"]["seed"] == 1
    assert record["weights"] == weights_sha256(output)
    assert record["losses"][-1]["step"] == 50
    assert record["losses"][-1]["loss"] < record["losses"][0]["loss"] / 4
    assert str(tmp_path) not in (output / "adapter_config.json").read_text()

    generator = generator_of(
        Generator(name="huggingface", model=DEMO_MODEL, adapter=str(output), adapter_revision=record["weights"]),
        Decoding(max_new_tokens=64, temperature=0.1),
    )
    asked = Request(messages=[{"role": "user", "content": "What about houses?"}], purpose="comment")
    assert generator.complete([asked], progress=Progress())[0].text == SAYING


def test_the_same_seed_gives_the_same_weights(write: Callable[..., Path], tmp_path: Path) -> None:
    corpus = write(*CORPUS)
    for name, seed in (("one", "7"), ("again", "7"), ("other", "8")):
        execute_from_command_line(command(corpus, tmp_path / name, seed=seed))
    assert weights_sha256(tmp_path / "one") == weights_sha256(tmp_path / "again") != weights_sha256(tmp_path / "other")


@pytest.mark.parametrize("said", [None, "", "   "])
@pytest.mark.parametrize("name", ["provenance", "safety-note"])
def test_without_provenance_or_safety_note_nothing_is_trained(
    write: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, said: str | None
) -> None:
    code, told = refused(command(write(*CORPUS), tmp_path / "out", **{name: said}), capsys)
    assert code == 2
    assert f"--{name}" in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("rows", "changes", "sentence"),
    [
        (CORPUS, {"model": "no/such/folder"}, "there is no folder no/such/folder."),
        (CORPUS, {"revision": "sha256:12"}, "and the recipe asks for sha256:12."),
        (["{}", "[]"], {}, "holds nothing to learn from: 1 × has neither text nor messages; 1 × is no JSON object."),
        ([], {}, "holds nothing to learn from."),
        (CORPUS, {"longest": "12"}, "Every conversation is longer than --longest; make it larger."),
    ],
)
def test_what_cannot_be_learned_ends_with_one_sentence_and_leaves_nothing(
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    rows: list[Any],
    changes: dict[str, str],
    sentence: str,
) -> None:
    code, told = refused(command(write(*rows), tmp_path / "out", **changes), capsys)
    assert code == 1
    assert told.strip().splitlines()[-1].endswith(sentence)
    assert {path.name for path in tmp_path.iterdir()} == {"corpus.jsonl"}


def test_nothing_is_overwritten(write: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").mkdir()
    code, told = refused(command(write(*CORPUS), tmp_path / "out"), capsys)
    assert (code, list((tmp_path / "out").iterdir())) == (1, [])
    assert "exists already; nothing is overwritten." in told


def test_a_loss_that_runs_away_is_told(
    write: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(adapter_training, "_loss", lambda *_: torch.tensor(float("nan")))
    code, told = refused(command(write(*CORPUS), tmp_path / "out"), capsys)
    assert code == 1
    assert "make --learning-rate smaller" in told
    assert {path.name for path in tmp_path.iterdir()} == {"corpus.jsonl"}


def test_a_memory_that_is_too_small_is_told(
    write: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    def full(*_: Any) -> Any:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(adapter_training, "_loss", full)
    code, told = refused(command(write(*CORPUS), tmp_path / "out"), capsys)
    assert code == 1
    assert "make --batch-size or --longest smaller" in told


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nonsense", "not-json"),
        ("[1]", "not-json"),
        ('{"title": "x"}', "neither"),
        ('{"text": 5}', "neither"),
        ('{"text": "  "}', "empty"),
        ('{"messages": [{"role": "wizard", "content": "x"}]}', "neither"),
        ('{"messages": [{"role": "user", "content": "x"}]}', "no-answer"),
        ('{"messages": [{"role": "user", "content": "x"}, {"role": "user", "content": "y"}]}', "no-answer"),
        ('{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": " "}]}', "empty"),
        ('{"text": "A good line."}', "duplicate"),
    ],
)
def test_a_line_that_cannot_be_used_is_counted_by_its_reason(
    write: Callable[..., Path], line: str, reason: str
) -> None:
    read = corpus_file.read(write({"text": "A good line."}, line, ""))
    assert read.rows == [Row(text="A good line.")]
    assert read.dropped == {reason: 1}
    assert reason in corpus_file.REASONS


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "corpus.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CorpusUnreadable, match="cannot be read"):
        corpus_file.read(path)


def test_of_a_conversation_only_the_last_answer_is_learned(chat: ChatModel) -> None:
    messages = (
        {"role": "user", "content": "A question"},
        {"role": "assistant", "content": "An answer"},
        {"role": "user", "content": "Another"},
        {"role": "assistant", "content": "The last one"},
    )
    [example], _too_long = adapter_training.examples(chat, [Row(messages=messages)], longest=100)
    assert chat.text(example.tokens[example.start :]) == "The last one"
    assert example.tokens[-1] in chat.end_tokens
    assert "An answer" in chat.text(example.tokens[: example.start])


def test_a_long_text_is_learned_in_pieces_and_a_long_conversation_not_at_all(chat: ChatModel) -> None:
    text = "The river is wide and old. " * 40
    conversation = Row(messages=({"role": "user", "content": text}, {"role": "assistant", "content": "Yes."}))
    found, too_long = adapter_training.examples(chat, [Row(text=text), conversation], longest=64)
    assert too_long == 1
    assert all(len(example.tokens) <= 64 for example in found)
    learned = [token for example in found for token in example.tokens[example.start :]]
    assert chat.text(learned).strip() == text.strip()
