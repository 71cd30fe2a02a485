"""How long a command takes to start, as whole processes, against a Python that does nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.measuring import median, ms, row
from tests.bench.running import ROOT
from tests.build_logs import begun, powershell, script_failed

NOTHING = "python -c pass"


def start(rounds: int = 30) -> None:
    """Prints the median of each command, and as a multiple of a bare Python; all take turns, so that all meet the same.

    Bytecode is cached in a folder of its own. The last row does without, as where PYTHONDONTWRITEBYTECODE is set.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "small.log")
        log.write_text(script_failed(powershell(begun(), ["Contoso install failed"], code=1), 1).text(), "utf-8")
        diagnose = ["app.py", "diagnose", str(log)]
        warm = {"KNOWLEDGE_CACHE": f"{folder}/warm", "PYTHONPYCACHEPREFIX": f"{folder}/bytecode"}
        cold = {**warm, "KNOWLEDGE_CACHE": "off"}
        commands: dict[str, tuple[list[str], dict[str, str]]] = {
            NOTHING: (["-c", "pass"], warm),
            "diagnose small.log": (diagnose, warm),
            "draft small.log": (["app.py", "draft", str(log)], warm),
            "entries show": (["app.py", "entries", "show", "build-timeout"], warm),
            "--help": (["app.py", "--help"], warm),
            "diagnose small.log, no cache": (diagnose, cold),
            "diagnose small.log, no bytecode": (
                diagnose,
                {**warm, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": ""},
            ),
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(rounds + 1):
            for name, (arguments, environ) in commands.items():
                seconds = _time_process(arguments, environ)
                if number:  # the first round fills the caches
                    taken[name].append(seconds)
    unit = median(taken[NOTHING])
    for name, seconds_taken in taken.items():
        row(name, ms(median(seconds_taken)), f"{median(seconds_taken) / unit:.1f} x")


def _time_process(arguments: list[str], environ: dict[str, str]) -> float:
    given = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env={**given, **environ}, stdout=subprocess.DEVNULL, check=False
    )
    return time.perf_counter() - begin
