"""What came of a crowd's work, in numbers: counts, errors, and how long requests took."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from collection.simulation.crowd import Work
from collection.simulation.visit import End

MOST_ERRORS_SHOWN = 20

ALL = "all"
"""The name of all requests together."""

Summary = dict[str, Any]
"""Fit for JSON."""


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of all values do not exceed; not a number without values."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def of(works: Iterable[Work]) -> Summary:
    """Return the counts and latencies of some crowds together; latencies in milliseconds."""
    works = list(works)
    diaries = [diary for work in works for diary in work.diaries]
    timings = [timing for work in works for timing in work.timings]
    seconds = sum(work.seconds for work in works)
    named: dict[str, list[float]] = {}
    for timing in timings:
        for name in (timing.named, ALL):
            named.setdefault(name, []).append(1000 * timing.seconds)
    ends = Counter(diary.end for diary in diaries)
    errors = Counter(error for diary in diaries for error in diary.errors)
    return {
        "people": len(diaries),
        "ends": {end.value: ends[end] for end in End if ends[end]},
        "tasks": sum(diary.tasks for diary in diaries),
        "comparisons": sum(len(diary.choices) for diary in diaries),
        "none_of_these": sum(choice.place is None for diary in diaries for choice in diary.choices),
        "places": _places(choice.place for diary in diaries for choice in diary.choices),
        "besides": dict(sorted(sum((diary.did for diary in diaries), Counter[str]()).items())),
        "errors": sum(errors.values()),
        "what_went_wrong": dict(errors.most_common(MOST_ERRORS_SHOWN)),
        "requests": len(timings),
        "seconds": round(seconds, 1),
        "latencies": {name: _latency(values) for name, values in sorted(named.items())},
    }


def _places(chosen: Iterable[int | None]) -> list[int]:
    """Return how often each place on the screen was chosen."""
    counted = Counter(place for place in chosen if place is not None)
    return [counted[place] for place in range(1 + max(counted, default=-1))]


def _latency(milliseconds: Sequence[float]) -> dict[str, float]:
    return {
        "requests": len(milliseconds),
        **{f"p{round(100 * share)}": round(percentile(milliseconds, share), 1) for share in (0.5, 0.95, 0.99)},
    }


def table(summary: Summary) -> str:
    """Return the summary as lines for a terminal."""
    ends = ", ".join(f"{count} {end}" for end, count in summary["ends"].items())
    besides = ", ".join(f"{count} {what}" for what, count in summary["besides"].items())
    lines = [
        f"People: {summary['people']} ({ends}), in {summary['seconds']:,.0f} s.",
        f"Conversations: {summary['tasks']:,}. Comparisons: {summary['comparisons']:,} "
        f"({summary['none_of_these']:,} none of these). Chosen by place: {_listed(summary['places'])}.",
        f"Besides: {besides or 'nothing'}.",
        f"Errors: {summary['errors']:,}.",
        *(f"  {count} x {error}" for error, count in summary["what_went_wrong"].items()),
        "",
        f"{'request':<16}{'count':>8}{'p50 ms':>10}{'p95 ms':>10}{'p99 ms':>10}",
    ]
    for name, row in summary["latencies"].items():
        lines.append(f"{name:<16}{row['requests']:>8,}{row['p50']:>10,.1f}{row['p95']:>10,.1f}{row['p99']:>10,.1f}")
    return "\n".join(lines)


def reached_table(overlap: Sequence[Mapping[str, Any]], quotas: Sequence[Mapping[str, Any]]) -> str:
    """Return for a terminal how far overlap and quotas are filled, as `collection.dry_running.reached` counts them."""
    lines = ["Overlap reached:"]
    for row in overlap:
        name = f"{row['language']} {row['stratum']}".strip()
        lines.append(
            f"  {name:<28}{row['taken']:>7,} of {row['wanted']:,} places, "
            + f"{row['full']:,} of {row['items']:,} items full"
            + (f", {row['over']:,} TOO MANY" if row["over"] else "")
        )
    lines += ["Quotas reached:"] if quotas else ["The panel has no quotas."]
    for row in quotas:
        lines.append(
            f"  {row['key']:<28}{row['taken']:>7,} of {row['wanted']:,} ({row['rule']})"
            + (f", {row['turned_away']:,} turned away" if row["turned_away"] else "")
        )
    return "\n".join(lines)


def _listed(counts: Sequence[int]) -> str:
    return ", ".join(f"{count:,}" for count in counts) or "none"
