"""Probabilities are read however a model states them, and never left in an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.stated_probabilities import answers_with_probabilities
from tests.sampling.test_splitting import seconds

A = "Start small and keep at it every day."
B = "Ask somebody who has done it before."
C = "Do nothing for a while and see."


@pytest.mark.parametrize(
    "completion",
    [
        f"### (0.42) {A}\n\n### (0.3) {B}\n\n### (0.05) {C}",
        f"### (0.42)\n\n{A}\n\n### (0.3)\n\n{B}\n\n### (0.05)\n\n{C}",
        f"###(0.42){A}\n###(0.3){B}\n###(0.05){C}",
        f"(0.42) {A}\n\n(0.3) {B}\n\n(0.05) {C}",
        f"### [42 %] {A}\n\n### [30%] {B}\n\n### [5 %] {C}",
        f"### 42% {A}\n\n### 30 % {B}\n\n### 5% {C}",
        f"### 0.42 - {A}\n\n### 0.30: {B}\n\n### .05 {C}",
        f"### (42 percent) {A}\n\n### (30 per cent) {B}\n\n### (5 percent) {C}",
        f"### (0,42) {A}\n\n### (0,3) {B}\n\n### (0,05) {C}",
        f"### (probabilité : 0,42) {A}\n\n### (probabilité : 30 %) {B}\n\n### (5 pour cent) {C}",
        f"### (probabilità: 0,42) {A}\n\n### (probabilità 0,3) {B}\n\n### (5 per cento) {C}",
        f"### (probabilidade: 0,42) {A}\n\n### (probabilidade = 0,3) {B}\n\n### (5 por cento) {C}",
        f"### (प्रायिकता: ०.४२) {A}\n\n### (संभावना: 0.3) {B}\n\n### (५ प्रतिशत) {C}",
        f"### (٠٫٤٢) {A}\n\n### (الاحتمال: ٣٠٪) {B}\n\n### (٥ بالمئة) {C}",
        f"### (۰٫۴۲) {A}\n\n### (احتمال: ۰٫۳) {B}\n\n### (٪٥) {C}",
        f"### (p = 0.42) {A}\n\n### (p≈.3) {B}\n\n### (prob. 0.05) {C}",
        f"### Probability: 0.42\n{A}\n\n### **Probability:** 0.30\n{B}\n\n### *probability* = 5%\n{C}",
        f"### Response 1 (0.42): {A}\n\n### Response 2 (0.30): {B}\n\n### Response 3 (probability 0.05): {C}",
        f"**1.** (0.42) {A}\n**2.** (0.3) {B}\n**3.** (0.05) {C}",
        f"1. {A} (0.42)\n2. {B} (0.3)\n3. {C} (Probability: 0.05)",
        f"### {A} (0.42)\n\n### {B} (30%).\n\n### {C} *(0.05)*",
        f"### {A}\nProbability: 0.42\n\n### {B}\nProbability: 30\n\n### {C}\n**Probability: 5%**",
        f'[{{"text": "{A}", "probability": 0.42}}, {{"text": "{B}", "probability": "0.3"}}, '
        f'{{"probability": 0.05, "text": "{C}"}}]',
        f'```json\n{{"responses": [{{"text": "{A}", "probability": 0.42}}, {{"text": "{B}", "probability": 0.3}},'
        f' {{"text": "{C}", "probability": 0.05}}]}}\n```',
        f"Here are three responses with their probabilities:\n\n### (0.42) {A}\n\n### (0.3) {B}\n\n### (0.05) {C}",
        f"### (0.42) {A} (0.42)\n\n### (0.3) {B}\n\n### (0.05) {C}",
    ],
)
def test_however_it_is_stated_it_is_read_and_taken_out(completion: str) -> None:
    assert answers_with_probabilities(completion, k=3) == [(A, 0.42), (B, 0.3), (C, 0.05)]


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        (f"### {A}\n\n### {B}", [(A, None), (B, None)]),
        (f"### (0.42) {A}\n\n### {B}", [(A, 0.42), (B, None)]),
        (f"### (0.42) {A}\n\n### (2019) {B}", [(A, 0.42), (f"(2019) {B}", None)]),
        (f"### (0.42) {A}\n\n### (1.7) {B}", [(A, 0.42), (f"(1.7) {B}", None)]),
        (f"### 50% of it is luck. {A}\n\n### {B}", [(f"50% of it is luck. {A}", None), (B, None)]),
        (f"### (0.42) {A} Half (0.5) will do.\n\n### (0.3) {B}", [(f"{A} Half (0.5) will do.", 0.42), (B, 0.3)]),
        ("", []),
    ],
)
def test_what_is_not_stated_is_not_guessed(completion: str, expected: list[tuple[str, float | None]]) -> None:
    assert answers_with_probabilities(completion, k=2) == expected


@given(st.text(alphabet=st.sampled_from('#(0.42%)٫٤१,: \nabp[]{}"*')), st.integers(1, 8))
def test_whatever_comes_a_probability_lies_between_0_and_1(completion: str, k: int) -> None:
    for text, probability in answers_with_probabilities(completion, k=k):
        assert probability is None or 0 <= probability <= 1
        assert len(text) <= len(completion)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8), st.sampled_from(["{:.3f}", "{:.6f}", "{:.1%}"]))
def test_what_was_written_is_what_is_read(probabilities: list[float], form: str) -> None:
    texts = [f"Advice number {'abcdefgh'[place]} is to begin." for place in range(len(probabilities))]
    written = [f"### ({form.format(stated)}) {text}" for stated, text in zip(probabilities, texts, strict=True)]
    found = answers_with_probabilities("\n\n".join(written), k=len(texts))
    assert [text for text, _stated in found] == texts
    assert [stated for _text, stated in found] == pytest.approx(probabilities, abs=0.001)


@pytest.mark.parametrize(
    "piece", ["(0.", "### (", "p: ", "probability", "(((((", '"probability": 0.1,', "0.1\n", "%42% "]
)
def test_the_time_grows_with_the_length_and_no_faster(piece: str) -> None:
    # Eight times the text: quadratic work would take 64 times as long.
    short, long = piece * (10_000 // len(piece)), piece * (80_000 // len(piece))
    taken = seconds(lambda: answers_with_probabilities(long, k=5))
    assert taken < 24 * seconds(lambda: answers_with_probabilities(short, k=5)) + 0.01
