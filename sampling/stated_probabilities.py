"""Answers of one completion with the probability that the model states for each. Knows no Django.

Asked for are answers that begin "### (0.42) …" (Zhang et al., "Verbalized Sampling", 2025, arXiv 2510.01171). Models
also write percentages, decimal commas, digits of other scripts, "probability: 0.42" in the language of the task, JSON,
and put it behind the answer or nowhere. Every pattern is bounded, so that the time is linear in the text's length.
"""

import re
from collections.abc import Callable

from sampling.splitting import split
from sampling.tidying import tidied

Answer = tuple[str, float | None]
"""A text without its probability, and the probability, 0 to 1; None where none is stated."""

_NUMBER = r"(?P<sign>[%٪])?(?P<number>\d{1,3}(?:[.,٫]\d{1,8})?|[.,٫]\d{1,8})"
_PERCENT = r"(?P<percent>[ \u00a0\u202f]?(?:[%٪%]|per ?cento?|pour ?cent|por ?cento|प्रतिशत|(?:في |ب)(?:المئة|المائة)))"
_WORD = (
    r"(?<!\w)(?:estimated |stated )?(?P<word>probabilit(?:y|é|à)|probabilidade|prob|p|likelihood|प्रायिकता|"
    r"संभावना|सम्भावना|संभाव्यता|(?:ال)?احتمال(?:ية)?)\.?"
)
_SIGN = r"[\"'*_]{0,3}[ \u00a0]?[:：=≈~<≤]?[*_]{0,3}[ \u00a0]?[\"'~≈<≤]?[ ]?"
_VALUE = rf"{_NUMBER}{_PERCENT}?"
_IN_BRACKETS = rf"[(\[{{（]\s?(?:{_WORD}{_SIGN})?[~≈<≤]?\s?{_VALUE}\s?[)\]}}）]"
_NAMED = rf"{_WORD}[\"'*_]{{0,3}}[ \u00a0]?[:：=≈]{_SIGN}{_VALUE}(?![\d.,٫]*\d)"
_MARKS = r"[*_\"\u200e\u200f \t]{0,4}"


def _either(before: str, after: str) -> list[re.Pattern[str]]:
    return [re.compile(f"{before}{way}{after}", re.IGNORECASE) for way in (_IN_BRACKETS, _NAMED)]


_FIRST = _either(rf"\A{_MARKS}", rf"{_MARKS}(?:[:：.–—-](?=\s))?\s{{0,4}}")
_LAST = _either(rf"{_MARKS}(?:[–—-]\s)?", r"[*_\"\u200e\u200f \t.]{0,4}\Z")
_ANYWHERE = _either("", "")
_BARE_FIRST = re.compile(rf"\A{_MARKS}{_VALUE}{_MARKS}(?:[:：|)–—-]\s?|\s)\s{{0,4}}", re.IGNORECASE)
_LONGEST = 80
"""More characters than a probability takes with all that surrounds it."""


def answers_with_probabilities(completion: str, *, k: int) -> list[Answer]:
    """Return the answers in a completion of which k were asked for, in order, each without its probability.

    A probability stands at the beginning of each answer, at its end, in a field of JSON, or in a heading: wherever most
    of them are found.
    """
    texts = split(completion, k=k)
    ways: list[Callable[[str, list[str]], list[Answer]]] = [_at_first, _at_last, _in_fields, _in_headings]
    # Of equals, the first.
    return max((way(tidied(completion), texts) for way in ways), key=_stated)


def _stated(answers: list[Answer]) -> int:
    return sum(probability is not None for _text, probability in answers)


def _at_first(_completion: str, texts: list[str]) -> list[Answer]:
    answers = [_cut_first(text, _FIRST) for text in texts]
    if not _stated(answers):
        # A number without brackets or a name may belong to an answer; not where every answer begins with one.
        answers = [_cut_first(text, [_BARE_FIRST]) for text in texts]
        if _stated(answers) < len(answers):
            return [(text, None) for text in texts]
    return [(_without_repeat(text, probability), probability) for text, probability in answers]


def _cut_first(text: str, patterns: list[re.Pattern[str]]) -> Answer:
    for pattern in patterns:
        found = pattern.match(text)
        if found and (probability := _probability(found)) is not None:
            return text[found.end() :], probability
    return text, None


def _at_last(_completion: str, texts: list[str]) -> list[Answer]:
    return [_cut_last(text) for text in texts]


def _cut_last(text: str) -> Answer:
    start = max(0, len(text) - _LONGEST)
    for pattern in _LAST:
        found = pattern.search(text, start)
        if found and (probability := _probability(found)) is not None:
            return text[: found.start()].rstrip(), probability
    return text, None


def _without_repeat(text: str, probability: float | None) -> str:
    """Return an answer that began with its probability without the same one at its end."""
    shorter, again = _cut_last(text)
    return shorter if again is not None and again == probability else text


def _in_headings(completion: str, texts: list[str]) -> list[Answer]:
    """Look at what was cut away before each answer: "Response 2 (0.42):"."""
    answers: list[Answer] = []
    done = 0
    for text in texts:
        lines = text.split("\n")
        begins = completion.find(lines[0], done)
        heading = completion[max(done, begins - _LONGEST) : max(done, begins)]
        answers.append((text, _last_in(heading)))
        if begins >= 0:
            # Up to the end of its last line: in between, what separates answers may have been taken out.
            done = max(begins + len(lines[0]), completion.find(lines[-1], begins) + len(lines[-1]))
    return answers


def _last_in(heading: str) -> float | None:
    found = [match for pattern in _ANYWHERE for match in pattern.finditer(heading)]
    return next((stated for match in reversed(found) if (stated := _probability(match)) is not None), None)


def _in_fields(completion: str, texts: list[str]) -> list[Answer]:
    """Look for as many named probabilities as there are answers, such as those of a list in JSON."""
    named = [_probability(match) for match in _ANYWHERE[1].finditer(completion)]
    if len(named) != len(texts):
        return [(text, None) for text in texts]
    return list(zip(texts, named, strict=True))


def _probability(found: re.Match[str]) -> float | None:
    """Return the probability that was matched; None where the number is none: a year, a place in a list."""
    number = found["number"].replace(",", ".").replace("٫", ".")
    value, named = float(number), bool(found.groupdict().get("word"))
    if found["percent"] or found["sign"] or (named and value > 1):
        value /= 100
    elif not named and "." not in number:
        return None
    return value if value <= 1 else None
