"""How long a command takes as a process of its own, next to a bare Python, `rg`, and `az` on the same machine."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.bench.measuring import ROUNDS, collect_in_turn, median, ms, ratio, row, time_process
from tests.bench.running import ROOT
from tests.build_logs import begun, powershell, script_failed

BARE_PYTHON = "python -c pass"
PROGRAM = ("app.py", "bot", "dialogs", "knowledge")
AZURE_CLI = Path(sys.prefix) / "azure-cli" / "bin" / "python"
"""Where `make test` installs it."""

Command = tuple[list[str], Path, dict[str, str]]


def start(rounds: int = ROUNDS) -> None:
    """Print the median of each command, and its multiple of a bare Python.

    The program runs as two copies, one of which never gets its own bytecode, as with PYTHONDONTWRITEBYTECODE.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "small.log")
        log.write_text(script_failed(powershell(begun(), ["Contoso install failed"], code=1), 1).text(), "utf-8")
        commands = _list_commands(Path(folder), log)
        samplers = {name: partial(_time, *command) for name, command in commands.items()}
        taken = collect_in_turn(samplers, rounds)
    unit = median(taken[BARE_PYTHON])
    row("", "CPU time", "against Python")
    for name, seconds in taken.items():
        row(name, ms(median(seconds)), ratio(median(seconds), unit))


def _list_commands(folder: Path, log: Path) -> dict[str, Command]:
    diagnose = ["app.py", "diagnose", str(log)]
    program, without_bytecode = _copy_program(folder / "program"), _copy_program(folder / "copy")
    warm, cold = {"KNOWLEDGE_CACHE": f"{folder}/cache"}, {"KNOWLEDGE_CACHE": "off"}
    bare = {"PYTHONDONTWRITEBYTECODE": "1"}
    python = {
        BARE_PYTHON: (["-c", "pass"], program, {}),
        "diagnose small.log": (diagnose, program, warm),
        "draft small.log": (["app.py", "draft", str(log)], program, warm),
        "entries show": (["app.py", "entries", "show", "build-timeout"], program, warm),
        "--help": (["app.py", "--help"], program, warm),
        "diagnose small.log, no cache": (diagnose, program, cold),
        "diagnose small.log, no bytecode": (diagnose, without_bytecode, warm | bare),
        "diagnose small.log, neither": (diagnose, without_bytecode, cold | bare),
    }
    commands: dict[str, Command] = {
        name: ([sys.executable, *arguments], place, environ) for name, (arguments, place, environ) in python.items()
    }
    if ripgrep := shutil.which("rg"):
        commands["rg -c error small.log"] = ([ripgrep, "-c", "error", str(log)], folder, {})
    else:
        row("ripgrep isn't installed: no comparison")
    azure_cli = [str(AZURE_CLI), "-m", "azure.cli"] if AZURE_CLI.exists() else [shutil.which("az") or ""]
    if azure_cli[0]:
        commands["az --version"] = ([*azure_cli, "--version"], folder, {"AZURE_CONFIG_DIR": f"{folder}/azure"})
    else:
        row("the Azure CLI isn't installed: no comparison")
    return commands


def _copy_program(folder: Path) -> Path:
    folder.mkdir()
    for name in PROGRAM:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def _time(arguments: list[str], folder: Path, environ: dict[str, str]) -> float:
    given = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return time_process(arguments, folder, given | environ)
