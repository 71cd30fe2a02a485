"""Clocks and rows that the sections share."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable


def times(work: Callable[[], object], rounds: int) -> list[float]:
    """Seconds of each round, sorted; one round before does not count, so that everything is warm."""
    work()
    taken = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return sorted(taken)


def percentile(taken: list[float], share: float) -> float:
    """The time that `share` of the rounds stayed below."""
    return taken[min(len(taken) - 1, int(share * len(taken)))]


def median(taken: list[float]) -> float:
    """The middle of the times."""
    return statistics.median(taken)


def row(name: str, *figures: str) -> None:
    """One row of a table."""
    sys.stdout.write(f"{name:<46}" + "".join(f"{figure:>16}" for figure in figures) + "\n")
    sys.stdout.flush()


def ms(seconds: float) -> str:
    """Seconds as milliseconds, for reading."""
    return f"{seconds * 1000:.2f} ms"
