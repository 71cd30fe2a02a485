"""Translate Bicep to the JSON that Resource Manager reads, with whichever of Microsoft's tools is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bot.errors import BotError

_TIMEOUT_SECONDS = 120
_MAX_REASON_CHARS = 300


class BicepMissingError(BotError):
    """No program that translates Bicep is installed."""


class BicepFailedError(BotError):
    """The program refused the file. The message is what it said first."""


def build_bicep(path: Path) -> bytes:
    """Return the JSON of a Bicep file. Modules from registries aren't downloaded.

    Raises:
        BicepMissingError: Neither `bicep` nor `az` is installed.
        BicepFailedError: The file can't be translated.
    """
    command = _find_command(path.resolve())
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise BicepFailedError(f"it took more than {_TIMEOUT_SECONDS} s") from None
    except OSError as error:
        raise BicepFailedError(error.strerror or str(error)) from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip() or f"exit code {done.returncode}"
        raise BicepFailedError(said.splitlines()[0][:_MAX_REASON_CHARS])
    return done.stdout


def _find_command(path: Path) -> Sequence[str]:
    if bicep := shutil.which("bicep"):
        return (bicep, "build", "--stdout", "--no-restore", str(path))
    if az := shutil.which("az"):
        return (az, "bicep", "build", "--stdout", "--no-restore", "--file", str(path))
    raise BicepMissingError("neither bicep nor az is installed")
