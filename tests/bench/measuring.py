"""Clocks, medians, and rows that the sections share.

Work in this process, and processes that are waited for, are measured in processor time: other programs on the machine
change it least. What is compared takes turns within a round, so that all of it meets the same machine.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path

ROUNDS = 5
"""How many rounds a median is taken of."""


def measure(work: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Return the seconds of each round, sorted. A round before them isn't counted, so that everything is warm."""
    return measure_in_turn({"": work}, rounds)[""]


def measure_in_turn(works: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Return the seconds of each round of each work, sorted."""

    def clock(work: Callable[[], object]) -> float:
        started = time.process_time()
        work()
        return time.process_time() - started

    timed = {name: lambda work=work: clock(work) for name, work in works.items()}  # type: ignore[misc]
    return collect_in_turn(timed, rounds)


def collect_in_turn(samplers: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Return what each sampler returned in each round, sorted. A round before them isn't counted."""
    taken: dict[str, list[float]] = {name: [] for name in samplers}
    for number in range(rounds + 1):
        for name, sample in samplers.items():
            seconds = sample()
            if number:
                taken[name].append(seconds)
    return {name: sorted(seconds) for name, seconds in taken.items()}


def time_process(arguments: list[str], folder: Path, environ: Mapping[str, str] | None = None) -> float:
    """Run a process and return its seconds of processor time, or of the clock where the system doesn't say."""
    started = time.perf_counter()
    process = subprocess.Popen(arguments, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if not hasattr(os, "wait4"):
        process.wait()
        return time.perf_counter() - started
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def measure_memory(build: Callable[[], object]) -> float:
    """Return the bytes that what `build` returns keeps."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    built = build()
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    del built
    return kept


def find_percentile(taken: list[float], share: float) -> float:
    """Return the time that `share` of the sorted times stayed below."""
    return taken[min(len(taken) - 1, int(share * len(taken)))]


def median(taken: list[float]) -> float:
    """Return the middle of the times."""
    return statistics.median(taken)


def row(name: str, *figures: str) -> None:
    """Print one row of a table."""
    sys.stdout.write(f"{name:<46}" + "".join(f"{figure:>16}" for figure in figures) + "\n")
    sys.stdout.flush()


def ms(seconds: float) -> str:
    """Format seconds as milliseconds."""
    return f"{seconds * 1000:.2f} ms"


def ratio(ours: float, other: float) -> str:
    """Format how many times `other` ours is."""
    return f"{ours / other:.2f} x" if other else "-"
