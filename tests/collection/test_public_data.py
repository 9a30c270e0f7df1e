"""Public collections become prompt tables; the real files are used where they are at hand."""

import json
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from collection import prompt_file, public_data
from collection.public_data import NotThatFormat

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_real_files = pytest.mark.skipif(not SHARED.is_dir(), reason="the public files are not at hand: ../shared/data")

TREE = {
    "message_tree_id": "t1",
    "prompt": {
        "text": "How do I boil an egg?",
        "lang": "en",
        "replies": [
            {"text": "one", "rank": 2, "synthetic": False},
            {"text": "two", "rank": 0, "synthetic": True, "model_name": "m"},
            {"text": "gone", "rank": 1, "deleted": True},
            {"text": "three", "rank": None},
            {"text": "four", "rank": 1},
            {"text": "five", "rank": 3},
        ],
    },
}


def written(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return path


def test_the_best_ranked_siblings_become_a_set_in_the_files_order(tmp_path):
    path = written(tmp_path, "trees.jsonl", json.dumps(TREE) + "\n")
    (prompt,) = public_data.open_assistant(path, candidates=4)
    assert [candidate["text"] for candidate in prompt["candidates"]] == ["one", "two", "four", "five"]


def test_the_author_is_what_the_source_says(tmp_path):
    path = written(tmp_path, "trees.jsonl", json.dumps(TREE) + "\n")
    (prompt,) = public_data.open_assistant(path, candidates=4)
    assert prompt["candidates"][0] == {"text": "one", "author_kind": "person", "author": ""}
    assert prompt["candidates"][1] == {"text": "two", "author_kind": "model", "author": "m"}


def test_too_few_replies_give_a_prompt_without_a_set(tmp_path):
    path = written(tmp_path, "trees.jsonl", json.dumps(TREE) + "\n")
    (prompt,) = public_data.open_assistant(path, candidates=6)
    assert "candidates" not in prompt


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("open-assistant", '{"prompt": 3}\n', "line 1 is not an Open Assistant tree"),
        ("open-assistant", "{\n", "line 1 is not JSON"),
        ("mt-bench", '{"question_id": 1, "category": "a", "turns": []}\n', "line 1 is not an MT-Bench question"),
        ("comparia", '{"title": "a"}', "not a list of ComparIA categories"),
    ],
)
def test_another_file_is_refused_with_the_place(tmp_path, name, content, says):
    with pytest.raises(NotThatFormat, match=says):
        list(public_data.FORMATS[name](written(tmp_path, "fr.json", content), candidates=4))


def test_a_fault_leaves_no_half_a_table(tmp_path):
    path = written(tmp_path, "trees.jsonl", json.dumps(TREE) + "\n{\n")
    output = tmp_path / "prompts.jsonl"
    with pytest.raises(CommandError, match="line 2"):
        call_command("convert_public_data", "open-assistant", path, output=output)
    assert sorted(tmp_path.iterdir()) == [path]


@needs_real_files
@pytest.mark.parametrize(
    ("name", "path", "languages", "prompts", "sets"),
    [
        ("open-assistant", "openassistant/en_100_tree.jsonl", {"en"}, 100, None),
        ("mt-bench", "mt_bench/question.jsonl", {"en"}, 80, 0),
        ("comparia", "comparia/fr.json", {"fr"}, 284, 0),
    ],
)
def test_the_real_files_become_valid_prompt_tables(tmp_path, capsys, name, path, languages, prompts, sets):
    output = tmp_path / "prompts.jsonl"
    call_command("convert_public_data", name, SHARED / path, output=output)
    assert f"Wrote {prompts} prompts" in capsys.readouterr().out
    lines = list(prompt_file.read(output))
    assert [line.problem for line in lines if line.problem] == []
    rows = [line.row for line in lines if line.row]
    assert {row.language for row in rows} == languages
    assert len(rows) == prompts
    sizes = Counter(len(row.candidates) for row in rows)
    assert set(sizes) <= {0, 4}
    if sets is not None:
        assert sizes[4] == sets
    else:
        assert sizes[4] > 0
