"""A judge is asked in both orders, and says nothing where they do not agree."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from sampling import judging
from sampling.asking import Reply, Request
from sampling.generators.interface import CannotScore, GeneratorFailed, Progress, PromptTooLong
from sampling.generators.recorded import messages_sha256
from sampling.judge_file import Judge
from sampling.judging import AT_ONCE, Judged, Question, choice, judge_texts
from sampling.labelling import RESEARCHER, Given, accuracy, labelables, record, text_sha256
from sampling.models import CandidateSet, Label
from sampling.recipe_document import Voice
from tests.sampling.conftest import DEMO_MODEL
from tests.sampling.measured_sets import written

pytestmark = pytest.mark.django_db

NOW = timezone.now()
TEXTS = {
    "tradition": {"en": "tradition and faith", "fr": "la tradition"},
    "reason": {"en": "reason and evidence"},
    "freedom": {"en": "freedom"},
    "creed": {"en": "freedom of faith"},
}
JUDGE = Judge.model_validate(
    {
        "scheme": "map",
        "generator": {"name": "recorded", "model": "judge.json"},
        "values": [{"key": key, "texts": texts} for key, texts in TEXTS.items()],
    }
)
OPTIONS = {key: texts["en"] for key, texts in TEXTS.items()}


class Scripted:
    """A judge whose opinion is a rule; what it is asked is kept."""

    name, model, revision, adapter, endpoint = "scripted", "m", "r", "", ""
    decoding: dict[str, Any] = {}

    def __init__(self, rule: Any, *, scores: bool = False) -> None:
        self.rule, self.scores = rule, scores
        self.asked: list[Request] = []

    def complete(self, requests: Sequence[Request], *, progress: Progress) -> list[Reply]:
        if not self.scores and any(request.options for request in requests):
            raise CannotScore("words only")
        self.asked += requests
        return [self._reply(request) for request in requests]

    def _reply(self, request: Request) -> Reply:
        said = self.rule(request)
        if self.scores:
            scores = tuple(0.0 if option == said else -5.0 for option in request.options)
            return Reply(request=request, text="", stop_reason="scored", scores=scores)
        return Reply(request=request, text=said, stop_reason="stop")


@pytest.fixture
def judged_by(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have sets judged by a rule: text of the request in, answer out."""

    def judge(rule: Any, *sets: CandidateSet, scores: bool = False, **changes: Any) -> tuple[Judged, Scripted]:
        by = Scripted(rule, scores=scores)
        monkeypatch.setattr(judging, "generator_of", lambda spec, decoding: by)
        chosen = CandidateSet.objects.filter(pk__in=[one.pk for one in sets])
        return judge_texts(labelables(chosen), judge=JUDGE.model_copy(update=changes), now=NOW), by

    return judge


def said(candidate_set: CandidateSet) -> dict[str, str]:
    of = {text_sha256(text): text for text in candidate_set.candidates.values_list("text", flat=True)}
    return {of[label.text_sha256]: label.value for label in candidate_set.labels.all()}


def first_word(request: Request) -> str:
    """Name the value that the answer begins with."""
    text = str(request.messages[-2]["content"])
    return OPTIONS[text.split()[0]]


SPOKEN = ["tradition first.", "reason first.", "freedom first.", "creed first."]


@pytest.mark.parametrize("scores", [True, False], ids=["by scores", "in words"])
def test_every_text_gets_the_value_that_the_judge_names_in_both_orders(judged_by: Any, scores: bool) -> None:
    candidate_set = written(SPOKEN)
    judged, _by = judged_by(first_word, candidate_set, scores=scores)
    assert said(candidate_set) == {text: text.split()[0] for text in SPOKEN}
    assert (judged.texts, judged.decided, judged.undecided, judged.source) == (4, 4, 0, "m@r")
    assert set(candidate_set.labels.values_list("scheme", "source")) == {("map", "m@r")}


def test_the_judge_sees_the_conversation_the_answer_and_the_values_in_both_orders(judged_by: Any) -> None:
    candidate_set = written(SPOKEN)
    _judged, by = judged_by(first_word, candidate_set)
    one, other = by.asked[:2]
    assert (
        one.messages[:2]
        == other.messages[:2]
        == [
            {"role": "user", "content": "?"},
            {"role": "assistant", "content": one.messages[1]["content"]},
        ]
    )
    assert "tradition and faith / reason and evidence / freedom / freedom of faith" in one.messages[2]["content"]
    assert "freedom of faith / freedom / reason and evidence / tradition and faith" in other.messages[2]["content"]


@pytest.mark.parametrize("scores", [True, False], ids=["by scores", "in words"])
def test_a_judge_that_goes_by_the_place_is_undecided(judged_by: Any, scores: bool) -> None:
    def first_listed(request: Request) -> str:
        asked = str(request.messages[-1]["content"])
        return min(OPTIONS.values(), key=lambda option: asked.index(option) - len(option) / 100)

    candidate_set = written(SPOKEN)
    judged, _by = judged_by(first_listed, candidate_set, scores=scores)
    assert (judged.decided, judged.undecided) == (0, 4)
    assert set(said(candidate_set).values()) == {""}


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("tradition and faith", "tradition"),
        ("Tradition and faith.", "tradition"),
        ("**Reason and evidence**, because it weighs the numbers.", "reason"),
        ("I would say: freedom", "freedom"),
        ("freedom of faith", "creed"),
        ("creed", "creed"),
        ("freedom or reason and evidence", ""),
        ("Something else", ""),
        ("reasonable", ""),
        ("", ""),
    ],
)
def test_words_are_read_leniently_but_never_guessed(answer: str, value: str) -> None:
    question = Question([], OPTIONS)
    assert (
        choice(question, Reply(request=Request(messages=[], purpose="label"), text=answer, stop_reason="stop")) == value
    )


def test_texts_of_first_tries_are_judged_too(judged_by: Any) -> None:
    candidate_set = written(SPOKEN, [("tradition first.", []), ("reason cut", ["cut-off"])])
    judged, _by = judged_by(first_word, candidate_set)
    assert judged.texts == 5
    assert candidate_set.labels.get(text_sha256=text_sha256("reason cut")).value == "reason"


def test_a_judge_labels_a_text_once_and_goes_on_where_it_ended(judged_by: Any) -> None:
    first, second = written(SPOKEN), written(SPOKEN)
    judged_by(first_word, first)
    judged, by = judged_by(first_word, first, second)
    assert (judged.texts, judged.known, judged.decided, len(by.asked)) == (8, 4, 4, 8)
    assert Label.objects.count() == 8


def test_what_was_said_before_the_judge_failed_is_kept(judged_by: Any) -> None:
    def worn_out(request: Request) -> str:
        if "enough" in str(request.messages[-2]["content"]):
            raise GeneratorFailed("the endpoint is away")
        return first_word(request)

    sets = [written([f"{text} {number}" for text in SPOKEN]) for number in range(AT_ONCE // 4)]
    last = written(["reason is enough", *SPOKEN[:3]])
    with pytest.raises(GeneratorFailed, match="away"):
        judged_by(worn_out, *sets, last)
    assert Label.objects.count() == AT_ONCE


def test_a_text_that_is_too_long_for_the_judge_stops_no_other(judged_by: Any) -> None:
    def short_of_memory(request: Request) -> str:
        if "very long" in str(request.messages[-2]["content"]):
            raise PromptTooLong("9 tokens, and 8 is the most")
        return first_word(request)

    candidate_set = written(["reason a very long story", *SPOKEN[:3]])
    judged, _by = judged_by(short_of_memory, candidate_set)
    assert (judged.decided, judged.too_long) == (3, 1)
    assert len(said(candidate_set)) == 3


@pytest.mark.parametrize("language", ["fr", "xx"])
def test_texts_in_languages_without_words_for_the_values_are_counted(judged_by: Any, language: str) -> None:
    words = [Voice(key="a", texts={"xx": "A", "en": "a"}), Voice(key="b", texts={"xx": "B", "en": "b"})]
    judged, by = judged_by(first_word, written(SPOKEN, language=language), values=words)
    assert (judged.texts, judged.not_worded, by.asked) == (4, 4, [])


def test_a_recorded_judge_answers_through_the_same_generators(settings: Any, tmp_path: Path) -> None:
    settings.RECORDED_COMPLETIONS = tmp_path
    candidate_set = written(SPOKEN)
    answers = {}
    for text in labelables(CandidateSet.objects.all()):
        for question in judging._questions(text, JUDGE):
            answers[messages_sha256(question.messages)] = [{"text": OPTIONS[text.text.split()[0]]}]
    (tmp_path / "judge.json").write_text(json.dumps(answers))
    judged = judge_texts(labelables(CandidateSet.objects.all()), judge=JUDGE, now=NOW)
    assert (judged.decided, judged.source) == (4, "judge.json")
    assert said(candidate_set) == {text: text.split()[0] for text in SPOKEN}


def test_the_demo_model_can_be_asked_although_it_understands_nothing() -> None:
    model = JUDGE.generator.model_copy(update={"name": "huggingface", "model": DEMO_MODEL})
    judge = JUDGE.model_copy(update={"generator": model})
    written(SPOKEN)
    judged = judge_texts(labelables(CandidateSet.objects.all()), judge=judge, now=NOW)
    assert judged.decided + judged.undecided == 4
    assert judged.source.startswith(f"{DEMO_MODEL}@sha256:")


def texts_said(candidate_set: CandidateSet, source: str, *values: str) -> None:
    given = (
        Given(candidate_set_id=candidate_set.pk, text_sha256=text_sha256(text), value=value)
        for text, value in zip(SPOKEN, values, strict=False)
    )
    record(given, scheme="map", source=source, now=NOW)


def test_a_judge_is_held_against_what_researchers_say() -> None:
    candidate_set = written(SPOKEN)
    texts_said(candidate_set, RESEARCHER, "tradition", "reason", "freedom")
    texts_said(candidate_set, "m@r", "tradition", "tradition", "", "creed")
    found = accuracy(scheme="map", source="m@r", candidate_sets=[candidate_set.pk])
    assert (found.texts, found.undecided, found.right, found.decided) == (3, 1, 1, 2)
    elsewhere = accuracy(scheme="other", source="m@r", candidate_sets=[candidate_set.pk])
    assert elsewhere.texts == 0


def test_what_a_source_said_first_stays() -> None:
    candidate_set = written(SPOKEN)
    texts_said(candidate_set, RESEARCHER, "tradition")
    texts_said(candidate_set, RESEARCHER, "reason", "reason")
    assert said(candidate_set) == {SPOKEN[0]: "tradition", SPOKEN[1]: "reason"}


def drained(texts: Iterator[Any]) -> list[tuple[int, str]]:
    return [(one.candidate_set_id, one.text) for one in texts]


def test_a_text_stands_once_per_set_and_an_empty_one_not_at_all() -> None:
    one = written(SPOKEN, [(SPOKEN[0], []), ("  ", ["empty"]), (f" {SPOKEN[1]}", [])])
    other = written(SPOKEN)
    assert drained(labelables(CandidateSet.objects.all())) == [
        (pk, text) for pk in (one.pk, other.pk) for text in SPOKEN
    ]
