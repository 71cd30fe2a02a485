"""How long a command takes to start as a new process, compared with a Python that does nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.measuring import median, ms, row
from tests.bench.running import ROOT
from tests.build_logs import begun, powershell, script_failed

NOTHING = "python -c pass"
PROGRAM = ("app.py", "bot", "dialogs", "knowledge")


def start(rounds: int = 30) -> None:
    """Prints the median of each command, and as a multiple of a bare Python; all take turns, so that all meet the same.

    Two copies of the program are run, one of which never gets its own bytecode, as with PYTHONDONTWRITEBYTECODE.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "small.log")
        log.write_text(script_failed(powershell(begun(), ["Contoso install failed"], code=1), 1).text(), "utf-8")
        diagnose = ["app.py", "diagnose", str(log)]
        program, without_bytecode = _copy_program(Path(folder, "program")), _copy_program(Path(folder, "copy"))
        warm = {"KNOWLEDGE_CACHE": f"{folder}/cache"}
        cold = {"KNOWLEDGE_CACHE": "off"}
        bare = {"PYTHONDONTWRITEBYTECODE": "1"}
        commands: dict[str, tuple[list[str], Path, dict[str, str]]] = {
            NOTHING: (["-c", "pass"], program, {}),
            "diagnose small.log": (diagnose, program, warm),
            "draft small.log": (["app.py", "draft", str(log)], program, warm),
            "entries show": (["app.py", "entries", "show", "build-timeout"], program, warm),
            "--help": (["app.py", "--help"], program, warm),
            "diagnose small.log, no cache": (diagnose, program, cold),
            "diagnose small.log, no bytecode": (diagnose, without_bytecode, warm | bare),
            "diagnose small.log, neither": (diagnose, without_bytecode, cold | bare),
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(rounds + 1):
            for name, command in commands.items():
                seconds = _time_process(*command)
                if number:  # the first round fills the caches
                    taken[name].append(seconds)
    unit = median(taken[NOTHING])
    for name, seconds_taken in taken.items():
        row(name, ms(median(seconds_taken)), f"{median(seconds_taken) / unit:.1f} x")


def _copy_program(folder: Path) -> Path:
    folder.mkdir()
    for name in PROGRAM:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def _time_process(arguments: list[str], folder: Path, environ: dict[str, str]) -> float:
    given = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=given | environ, stdout=subprocess.DEVNULL, check=False
    )
    return time.perf_counter() - begin
