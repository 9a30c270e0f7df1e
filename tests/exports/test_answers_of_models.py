"""What a line of a file of answers comes to: the candidate it names, or the one and only that it covers."""

import json

import numpy as np
import pytest
from django.core.management import call_command

from exports.reports import answers, reading
from pluralism.steering import OTHER
from tests.exports.made_releases import label, make


class Holding:
    """Says that an answer entails the candidates whose first word it holds."""

    def probabilities(self, premises, hypotheses):
        return np.array([[float(text.split()[0] in premise) for text in hypotheses] for premise in premises])


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return reading.read(make(tmp_path_factory.mktemp("made") / "release", items=3, people=4))


def read(release, tmp_path, *lines, entails=None):
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps({"candidate_set_id": 100, "model": "m", **line}) for line in lines))
    return list(answers.of(answers.read(path), release, entails=entails))


@pytest.mark.parametrize(
    ("line", "pick", "covered"),
    [
        ({"choice": "b"}, 1, [1]),
        ({"choice": "other"}, OTHER, []),
        ({"probabilities": {"a": 0.2, "c": 0.7, "none": 5}}, 2, None),
        ({"text": "x", "labels": [label(0, 3)]}, 3, [3]),
        ({"text": "x", "labels": [label(0, 3), label(0, 0)]}, OTHER, [0, 3]),
        ({"text": "x", "covers": ["a"], "labels": [label(0, 3)]}, 0, [0]),
        ({"text": "x", "choice": "d", "covers": ["c", "d"]}, 3, [2, 3]),
        ({"text": "x"}, None, None),
    ],
)
def test_an_answer_comes_to_what_it_names_or_alone_covers(release, tmp_path, line, pick, covered):
    (found,) = read(release, tmp_path, line)
    assert (found.given[0], found.picks[0]) == (pick is not None, OTHER if pick is None else pick)
    assert found.told[0] == (covered is not None)
    assert np.flatnonzero(found.covers[0]).tolist() == (covered or [])
    # Nothing was said of the other items.
    assert not found.given[1:].any()
    assert not found.told[1:].any()


def test_a_free_answer_covers_what_it_entails(release, tmp_path):
    words = [text.split()[0] for text in release.items[0].texts]
    one, several = (" and ".join(words[:count]) for count in (1, 2))
    (found,) = read(release, tmp_path, {"text": one}, {"candidate_set_id": 101, "text": several}, entails=Holding())
    assert np.flatnonzero(found.covers[0]).tolist() == [0]
    assert (found.picks[0], found.mapped) == (0, True)
    assert found.covers[1].sum() == 2
    assert found.picks[1] == OTHER


def test_probabilities_are_scaled_and_hold_none(release, tmp_path):
    (found,) = read(release, tmp_path, {"probabilities": {"a": 1, "b": 2, "none": 1}})
    assert found.probabilities[0].tolist() == [0.25, 0.5, 0, 0, 0.25]
    assert np.isnan(found.probabilities[1:]).all()


def test_each_group_that_a_model_is_steered_to_is_a_model_of_its_own(release, tmp_path):
    lines = [{"choice": "a"}, {"choice": "b", "steered_to": "india"}, {"choice": "c", "model": "another"}]
    found = read(release, tmp_path, *lines)
    assert [(one.name, one.picks[0]) for one in found] == [("another", 2), ("m", 0), ("m → india", 1)]


@pytest.mark.whole
def test_a_classifier_says_what_free_answers_cover(tmp_path):
    from tests.sampling.nli import make_classifier

    made = make(tmp_path / "release", people=20)
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"candidate_set_id": 100, "model": "m", "text": "Ask your elders first."}))
    classifier = make_classifier(tmp_path / "classifier")
    call_command(
        "pluralism_report", str(made), "--answers", str(path), "--entailment", classifier, "--draws", "5",
        "--output", str(tmp_path / "out"),
    )  # fmt: skip
    lines = (tmp_path / "out/overton.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["model", "m", "m", "m"]


def test_a_line_ends_where_json_lines_end_alone(tmp_path):
    # To Python's splitlines these end a line too; models write them, and JSON holds them as they are.
    text = "One\u2028two\u2029three\u0085four"
    lines = [
        {"candidate_set_id": 100, "model": "m", "text": text},
        {"candidate_set_id": 101, "model": "m", "choice": "a"},
    ]
    path = tmp_path / "a.jsonl"
    path.write_bytes("\r\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode())
    assert [line.text for line in answers.read(path)] == [text, None]
