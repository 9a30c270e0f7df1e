"""What the malformed completions are written with: cases, answers in six languages, and ways to join them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

EN = [
    "Ask your grandparents how they lived through it.",
    "List the costs, then compare the results.",
    "Follow what makes you curious.",
    "Put some money aside before anything else.",
]
FR = [
    "Demande à tes grands-parents comment ils ont fait.",
    "Compare les coûts, puis les résultats.",
    "Suis ce qui te rend curieux.",
    "Mets d'abord un peu d'argent de côté.",
]
IT = [
    "Chiedi ai nonni come hanno fatto loro.",
    "Confronta i costi e poi i risultati.",
    "Segui quello che ti incuriosisce.",
    "Metti prima da parte un po' di soldi.",
]
HI = [
    "अपने दादा-दादी से पूछिए कि उन्होंने क्या किया।",
    "पहले ख़र्च लिखिए, फिर नतीजों की तुलना कीजिए।",
    "जो आपको अच्छा लगे वही कीजिए।",
    "सबसे पहले कुछ पैसे बचाइए।",
]
PT = [
    "Pergunte aos seus avós como eles fizeram.",
    "Compare os custos e depois os resultados.",
    "Siga aquilo que desperta a sua curiosidade.",
    "Guarde primeiro um pouco de dinheiro.",
]
AR = [
    "اسأل جديك كيف عاشا ذلك.",
    "قارن التكاليف ثم النتائج.",
    "اتبع ما يثير فضولك.",
    "ادخر بعض المال قبل كل شيء.",
]


@dataclass(frozen=True)
class Case:
    """One completion, and the answers that a reader finds in it."""

    name: str
    text: str
    answers: list[str]
    k: int = 4
    unfit: dict[int, list[str]] = field(default_factory=dict)
    """What the checks say about these answers, by their place; the others are fit."""


def each(template: str, answers: list[str], *, between: str = "\n\n", names: Iterable[str] = "1234") -> str:
    """Return every answer in a template of {n} and {a}."""
    return between.join(template.format(n=name, a=answer) for name, answer in zip(names, answers, strict=True))


def as_json(value: object, **options: Any) -> str:
    """Return a value in JSON, letters of every script as they are."""
    return json.dumps(value, ensure_ascii=False, **options)


def but(answers: list[str], place: int, other: str) -> list[str]:
    """Return the answers with another one in one place."""
    return [*answers[:place], other, *answers[place + 1 :]]
