"""python -m benchmarks.splitting: how long a completion takes to be cut into answers and judged, usual or hostile.

Reach: no text takes longer than its length explains (eight times the text: less than 24 times the time), and a hostile
completion of 100,000 characters is cut within a second.
"""

import sys
import time
from collections.abc import Callable

from sampling.checks import faults_of_each
from sampling.splitting import split
from sampling.standards import Standards
from tests.sampling.adversarial import REPEATED, long_text
from tests.sampling.completion_cases import each
from tests.sampling.malformed_completions import ANSWERS, CASES

SHORT, LONG = 12_500, 100_000


def main() -> None:
    """Measure and print a table."""
    for name, milliseconds in _usual():
        sys.stdout.write(f"{name:60}{milliseconds:9.2f} ms\n")
    slowest = sorted(((*_hostile(piece), piece) for piece in REPEATED), reverse=True)
    for seconds, ratio, piece in slowest[:5]:
        sys.stdout.write(f"{LONG:,} characters of {piece!r:35}{1000 * seconds:9.0f} ms{ratio:8.1f} times {SHORT:,}\n")
    sys.stdout.write(f"the highest ratio of all {len(REPEATED)} pieces: {max(ratio for _, ratio, _ in slowest):.1f}\n")


def _usual() -> list[tuple[str, float]]:
    cases = [case for cases in CASES.values() for case in cases]
    together = _milliseconds(lambda: [split(case.text, k=case.k) for case in cases])
    rows = [(f"cut, mean of {len(cases)} malformed completions", together / len(cases))]
    for language, answers in ANSWERS.items():
        rows += _in_language(language, [f"{answer} " * 12 for answer in answers])
    return rows


def _in_language(language: str, answers: list[str]) -> list[tuple[str, float]]:
    completion, standards = each("### {a}", answers), Standards(language=language)
    return [
        (
            f"cut four answers of {len(answers[0])} characters, {language}",
            _milliseconds(lambda: split(completion, k=4)),
        ),
        (f"judge them, {language}", _milliseconds(lambda: faults_of_each(answers, standards=standards))),
    ]


def _hostile(piece: str) -> tuple[float, float]:
    """Return the seconds that a long text takes, and how many times those of a short one."""
    short, long = long_text(piece, SHORT), long_text(piece, LONG)
    seconds = _seconds(lambda: split(long, k=4))
    return seconds, seconds / _seconds(lambda: split(short, k=4))


def _milliseconds(work: Callable[[], object]) -> float:
    return 1000 * _seconds(work)


def _seconds(work: Callable[[], object]) -> float:
    """Return the least processor time of five runs, after one to warm up."""
    work()
    times = []
    for _ in range(5):
        begun = time.thread_time()
        work()
        times.append(time.thread_time() - begun)
    return min(times)


if __name__ == "__main__":
    main()
