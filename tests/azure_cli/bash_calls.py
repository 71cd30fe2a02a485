"""The arguments that `az` gets when a real bash runs a command, with its quotes, variables, loops, and continued lines."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.shown_commands import IDENTITY_ID, OBJECT_ID, SUBSCRIPTION, TEMPLATE

# `az` and everything else is a function or nothing at all: no program is started, whatever the command says
_PREAMBLE = r"""
az() {
  printf '%s\0' "$#" "$@" >>"$CALLS"
  case " $* " in
    *problem-classifications*) echo /providers/Microsoft.Support/services/s/problemClassifications/c ;;
    *"--query id "*) echo "$RESOURCE_ID" ;;
    *) echo "$OBJECT_ID" ;;
  esac
}
command_not_found_handle() { echo output; }
"""
_VARIABLES = {
    "APP": OBJECT_ID, "BOT": "image-medic", "GROUP": "image-medic", "IDENTITY": IDENTITY_ID, "SECRET": "secret",
    "TEAM": OBJECT_ID, "TENANT": OBJECT_ID, "SUBSCRIPTION": SUBSCRIPTION,
}  # fmt: skip
"""What the pages ask for before their commands."""


class BashError(Exception):
    """Bash doesn't accept the command."""


def record_calls(bash: str, script: str, folder: Path) -> list[list[str]]:
    """Return the arguments of each call of `az`, without its name.

    Raises:
        BashError: It is no valid command.
    """
    calls = folder / "calls"
    calls.write_bytes(b"")
    empty = folder / "no-programs"
    empty.mkdir(exist_ok=True)
    environment = {
        **_VARIABLES, "PATH": str(empty), "CALLS": str(calls), "OBJECT_ID": OBJECT_ID, "RESOURCE_ID": TEMPLATE.id,
    }  # fmt: skip
    ran = subprocess.run(
        [bash, "--noprofile", "--norc", "-c", _PREAMBLE + script],
        cwd=folder, env=environment, capture_output=True, check=False, text=True, timeout=20,
    )  # fmt: skip
    if ran.returncode or ran.stderr:
        raise BashError(f"exit status {ran.returncode}: {ran.stderr.strip()}")
    words = iter(calls.read_bytes().decode("utf-8").split("\0")[:-1])
    return [[next(words) for _ in range(int(count))] for count in words]
