"""A judge as a file: read whole, or refused in one sentence with the line."""

from pathlib import Path

import pytest

from sampling.judge_file import SURE, JudgeFileInvalid, read

WHOLE = """\
scheme: inglehart-welzel
generator:
  name: huggingface
  model: some/judge
values:
  - key: traditional
    texts: {en: tradition and faith, fr: la tradition et la foi}
  - key: secular
    texts: {en: reason and evidence}
"""


def judge_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "judge.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_judge_is_a_model_and_a_list_of_values(tmp_path: Path) -> None:
    judge = read(judge_file(tmp_path, WHOLE))
    assert (judge.scheme, judge.generator.model, judge.decoding) == ("inglehart-welzel", "some/judge", SURE)
    assert judge.options("en") == {"traditional": "tradition and faith", "secular": "reason and evidence"}


def test_a_language_in_which_a_value_has_no_words_has_no_options(tmp_path: Path) -> None:
    assert read(judge_file(tmp_path, WHOLE)).options("fr") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WHOLE.replace("scheme: inglehart-welzel", "scheme: Two words"), "line 1: scheme: string should match"),
        (WHOLE.replace("key: secular", "key: traditional"), "traditional is listed twice"),
        (WHOLE.replace("values:", "value:"), "values: field required; line 5: value: extra inputs are not permitted"),
        (WHOLE.replace("    texts: {en: reason and evidence}\n", ""), "line 8: values.1.texts: field required"),
        (WHOLE.replace("  model: some/judge\n", ""), "generator.model: field required"),
        ("scheme: [", "line 1: this is not valid YAML"),
        ("", "input should be a valid dictionary"),
        ("- one\n- two\n", "input should be a valid dictionary"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(JudgeFileInvalid, match="describes no judge") as refusal:
        read(judge_file(tmp_path, text))
    assert said in str(refusal.value)


def test_one_value_is_no_choice(tmp_path: Path) -> None:
    with pytest.raises(JudgeFileInvalid, match="at least 2"):
        read(judge_file(tmp_path, WHOLE.split("  - key: secular", maxsplit=1)[0]))


@pytest.mark.parametrize("content", [b"\xff\xfe scheme", b"a: 1\0"])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "judge.yaml"
    path.write_bytes(content)
    with pytest.raises(JudgeFileInvalid):
        read(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JudgeFileInvalid, match="cannot be read"):
        read(tmp_path / "nothing.yaml")
