"""Logs of 1, 10, and 100 MB, compared with ripgrep counting one literal per entry in the same file.

Ours is in-process work (the diagnosis of the open file), ripgrep's the whole process: said so in the table. One log is
synthetic; the others are builds tiled with rising times. `BENCH_LOGS` may name a folder with real logs to tile too.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import tracemalloc
from datetime import datetime, timedelta
from pathlib import Path

from knowledge.catalog.loading import load_entries
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.model.entry import Entry
from tests.bench.measuring import ms, row, times
from tests.build_logs import begun, powershell, restart, script_failed

MEGABYTE = 1 << 20
SIZES = (1, 10, 100)
ROUNDS = 5
_TIME = re.compile(rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d")


def logs() -> None:
    """Prints each log's time, ripgrep's, their ratio, and the peak of memory."""
    ripgrep = shutil.which("rg")
    entries = load_entries()
    diagnoser = Diagnoser(entries)
    if ripgrep is None:
        row("ripgrep is not installed: no comparison")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        literals = folder / "literals"
        literals.write_text("\n".join(_literal(entry) for entry in entries.values()) + "\n", "utf-8")
        row(f"{len(entries)} entries", "diagnosis", "rg (process)", "ratio", "peak memory")
        for label, unit in _units().items():
            for size in SIZES:
                path = folder / "log"
                path.write_bytes(_tiled(unit, size * MEGABYTE))
                _one(f"{label}, {size} MB", diagnoser, path, ripgrep, literals)


def _one(label: str, diagnoser: Diagnoser, path: Path, ripgrep: str | None, literals: Path) -> None:
    def ours() -> None:
        with path.open("rb") as stream:
            diagnoser.diagnose_stream(stream)

    def theirs() -> None:
        command = [ripgrep or "rg", "-F", "-c", "-f", str(literals), str(path)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)

    taken = times(ours, ROUNDS)[0]
    tracemalloc.start()
    ours()
    peak = tracemalloc.get_traced_memory()[1] / MEGABYTE
    tracemalloc.stop()
    if ripgrep is None:
        row(label, ms(taken), "-", "-", f"{peak:.0f} MB")
    else:
        other = times(theirs, ROUNDS)[0]
        row(label, ms(taken), ms(other), f"{taken / other:.2f} x", f"{peak:.0f} MB")


def _literal(entry: Entry) -> str:
    texts = [text for signature in entry.signatures for text in signature.text]
    return max(texts, key=len, default=f"nothing gives {entry.id} away")


def _units() -> dict[str, bytes]:
    """What is tiled: harmless lines of one build, whole builds, hostile lines, and the real logs that were named."""
    log = begun()
    for number in range(4_000):
        log.wait(0.2).write_debug(f"[DEBUG] polling https://management.azure.com/operations/{number} : 202 Accepted")
    synthetic = "\n".join(log.lines[40:]) + "\n"
    build = powershell(
        restart(powershell(begun(), ["Installing", "done"] * 400)), ["it failed with exit code 3"], code=3
    )
    units = {
        "synthetic": synthetic.encode(),
        "builds tiled": script_failed(build, 3).text().encode(),
        "hostile: a mark a line": b"==> azure-arm: IMAGE_STATE_UNDEPLOYABLE\n" * 5_000,
        "hostile: one endless line": b"context deadline " * 5_000,
    }
    named = os.environ.get("BENCH_LOGS")
    for path in sorted(Path(named).glob("*.log")) if named else ():
        units[path.stem[:30]] = path.read_bytes()
    return units


def _tiled(unit: bytes, size: int) -> bytes:
    """The unit over and over, two hours later each time."""
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
