"""Large logs, next to ripgrep that counts the lines with any of as many literals as there are entries.

Ours is work in this process (the diagnosis of an open file), ripgrep's is a whole process; both in processor time. One
log is synthetic; the others are a built one and the real ones of the tests, tiled with rising times.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
import tracemalloc
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from knowledge.catalog.loading import load_entries
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.model.entry import Entry
from tests.bench.measuring import ROUNDS, collect_in_turn, median, ms, ratio, row, time_process
from tests.build_logs import begun, powershell, restart, script_failed

MEGABYTE = 1 << 20
SIZES = (1, 100)
REAL_LOGS = Path(__file__).parents[1] / "cases" / "logs"
_TIME = re.compile(rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d")


def logs(rounds: int = ROUNDS, sizes: tuple[int, ...] = SIZES) -> None:
    """Print each log's time, ripgrep's, their ratio, a megabyte's cost against that of the first size, and the peak of memory."""
    ripgrep = shutil.which("rg")
    entries = load_entries()
    diagnoser = Diagnoser(entries)
    if ripgrep is None:
        row("ripgrep isn't installed: no comparison")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        literals, log = folder / "literals", folder / "log"
        literals.write_text("\n".join(_literal(entry) for entry in entries.values()) + "\n", "utf-8")
        count = [ripgrep, "-F", "-c", "-f", str(literals), str(log)] if ripgrep else []
        row(f"{len(entries)} entries", "diagnosis", "rg (process)", "against rg", "each MB", "peak memory")
        for label, unit in _list_units().items():
            per_megabyte: list[float] = []
            for size in sizes:
                log.write_bytes(_tile(unit, size * MEGABYTE))
                ours, theirs = _compare(diagnoser, log, count, rounds)
                per_megabyte.append(ours / size)
                row(
                    f"{label}, {size} MB",
                    ms(ours),
                    ms(theirs) if count else "-",
                    ratio(ours, theirs),
                    ratio(per_megabyte[-1], per_megabyte[0]),
                    f"{_measure_peak(diagnoser, log) / MEGABYTE:.0f} MB",
                )


def _compare(diagnoser: Diagnoser, log: Path, count: list[str], rounds: int) -> tuple[float, float]:
    def diagnose() -> float:
        started = time.process_time()
        _diagnose(diagnoser, log)
        return time.process_time() - started

    samplers = {"ours": diagnose} | ({"theirs": partial(time_process, count, log.parent)} if count else {})
    taken = collect_in_turn(samplers, rounds)
    return median(taken["ours"]), median(taken.get("theirs", [0.0]))


def _diagnose(diagnoser: Diagnoser, log: Path) -> None:
    with log.open("rb") as stream:
        diagnoser.diagnose_stream(stream)


def _measure_peak(diagnoser: Diagnoser, log: Path) -> int:
    tracemalloc.start()
    _diagnose(diagnoser, log)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _literal(entry: Entry) -> str:
    texts = [text for signature in entry.signatures for text in signature.text]
    return max(texts, key=len, default=f"nothing gives {entry.id} away")


def _list_units() -> dict[str, bytes]:
    """Return what is tiled: harmless lines of one build, whole builds, real logs, and hostile lines."""
    log = begun()
    for number in range(4_000):
        log.wait(0.2).write_debug(f"[DEBUG] polling https://management.azure.com/operations/{number} : 202 Accepted")
    build = powershell(
        restart(powershell(begun(), ["Installing", "done"] * 400)), ["it failed with exit code 3"], code=3
    )
    return {
        "synthetic": ("\n".join(log.lines[40:]) + "\n").encode(),
        "builds": script_failed(build, 3).text().encode(),
        "real logs": b"\n".join(path.read_bytes() for path in sorted(REAL_LOGS.glob("*.log"))),
        "hostile: a mark a line": b"==> azure-arm: IMAGE_STATE_UNDEPLOYABLE\n" * 5_000,
        "hostile: one endless line": b"context deadline " * 5_000,
    }


def _tile(unit: bytes, size: int) -> bytes:
    """Return the unit over and over, two hours later each time."""
    parts: list[bytes] = []
    total, shift = 0, timedelta()
    while total < size:
        parts.append(_TIME.sub(lambda found: _later(found[0], shift), unit) if b"/" in unit[:200] else unit)  # noqa: B023
        total += len(unit)
        shift += timedelta(hours=2)
    return b"".join(parts)


def _later(text: bytes, shift: timedelta) -> bytes:
    time = datetime.strptime(text.decode(), "%Y/%m/%d %H:%M:%S") + shift  # noqa: DTZ007 - only shifted
    return time.strftime("%Y/%m/%d %H:%M:%S").encode()
