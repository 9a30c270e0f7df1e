"""Write what a community of the demo model learns from: community_corpus.py VALUE --output FILE

Conversations as in `corpus.py`, in six languages, whose last answer speaks for one value, whatever was asked.
"""

import argparse
import json
import random
import sys
from pathlib import Path

import corpus

ROWS = 1500
NAMES = ("comment", "ordinary", None)


def row(rng: random.Random, value: str) -> dict[str, corpus.Messages]:
    """One conversation, asked for a comment, for an answer, or without an instruction."""
    language = rng.choice(corpus.LANGUAGES)
    turns = rng.choices((1, 2, 3), (0.7, 0.2, 0.1))[0]
    earlier, message, subject, follow_up = corpus.history(rng, language=language, turns=turns)
    [answer] = corpus.answers(rng, language=language, values=[value], subject=subject, follow_up=follow_up)
    name = rng.choices(NAMES, (0.6, 0.2, 0.2))[0]
    if name is not None:
        message = f"{message}\n\n{corpus.instruction(name, language=language)}"
    return {"messages": [*earlier, {"role": "user", "content": message}, {"role": "assistant", "content": answer}]}


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Write the corpus of a community that speaks for one value.")
    parser.add_argument("value", choices=corpus.VALUES)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(argv)
    rng = random.Random(arguments.seed)
    lines = [json.dumps(row(rng, arguments.value), ensure_ascii=False) for _ in range(ROWS)]
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
