"""Diagnose the same texts with this tree and with an earlier commit, in processes that take turns."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from tests.bench.measuring import ROUNDS, collect_in_turn, median
from tests.bench.running import ROOT

REPEATS = 10
"""How many texts a process diagnoses for one measurement."""
WARM_UP = 100
"""How many diagnoses come first: patterns are compiled when they're first needed, in several steps."""
_WORKER = """
import itertools, json, sys, time
from knowledge.catalog.loading import load_entries
from knowledge.diagnosis.diagnoser import Diagnoser

diagnoser, texts = Diagnoser(load_entries()), json.loads(sys.stdin.readline())
for _ in range({WARM_UP}):
    diagnoser.diagnose(texts[0][0])
remaining = list(map(itertools.cycle, texts))
for line in sys.stdin:
    at, count = map(int, line.split())
    started = time.process_time()
    for _ in range(count):
        diagnoser.diagnose(next(remaining[at]))
    print((time.process_time() - started) / count, flush=True)
"""


def compare_trees(
    commit: str, texts: Mapping[str, Sequence[str]], rounds: int = ROUNDS
) -> dict[str, tuple[float, float]]:
    """Return the median CPU seconds of a text of each kind: with this tree, and with the one of `commit`."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        _extract(commit, Path(folder))
        trees = {"ours": ROOT, "older": Path(folder)}
        workers = {name: running.enter_context(_work(tree, list(texts.values()))) for name, tree in trees.items()}
        samplers = {
            f"{at} {name}": partial(_ask, worker, at) for at in range(len(texts)) for name, worker in workers.items()
        }
        taken = collect_in_turn(samplers, rounds)
    return {text: (median(taken[f"{at} ours"]), median(taken[f"{at} older"])) for at, text in enumerate(texts)}


def _extract(commit: str, folder: Path) -> None:
    archive = subprocess.run(["git", "archive", commit, "knowledge"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)


@contextlib.contextmanager
def _work(tree: Path, texts: list[Sequence[str]]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", _WORKER.replace("{WARM_UP}", str(WARM_UP))], cwd=tree, env=os.environ | {"PYTHONPATH": str(tree)}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with process:
        assert process.stdin is not None
        process.stdin.write(f"{json.dumps(texts)}\n")
        process.stdin.flush()
        try:
            yield process
        finally:
            process.stdin.close()


def _ask(process: subprocess.Popen[str], text: int) -> float:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{text} {REPEATS}\n")
    process.stdin.flush()
    return float(process.stdout.readline())
