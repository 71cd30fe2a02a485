"""Azure CLI in its own environment, because it pins other versions of libraries that the bot uses."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.server import Sandbox
from dialogs.model.turn import Person

FOLDER = Path(__file__).resolve().parent
REQUIREMENTS = FOLDER / "requirements.txt"
INSTALLED = Path(sys.prefix) / "azure-cli" / "installed"
"""What `make` installed: a copy of the requirements, beside the environment's folders."""
SECONDS = 300
"""How long all calls together may take."""


@dataclass(frozen=True)
class ParsedCall:
    """What the parser says about a call: why it refuses it, and whether it would wait for a yes or no."""

    refusal: str
    warnings: list[str]
    asks: bool


@dataclass(frozen=True)
class CallResult:
    """How a call ended: its exit status, its output or the files it wrote, and its messages."""

    status: int
    output: str
    messages: list[str]


@dataclass(frozen=True)
class AzureCli:
    """The CLI's own interpreter, which runs the two programs beside this module."""

    python: Path

    async def parse(self, calls: list[list[str]], subscription: str) -> list[ParsedCall]:
        """Have each call parsed and validated, but not carried out."""
        answers = await self._run_program("parse_calls.py", {"subscription": subscription, "calls": calls})
        return [ParsedCall(**answer) for answer in answers]

    async def run(self, calls: list[list[str]], sandbox: Sandbox, subscription: str) -> list[CallResult]:
        """Carry out each call against the sandbox."""
        cloud = sandbox.cloud
        async with sandbox.credential_provider.open_credential(Person("tenant", "maria")) as credential:
            tokens = {
                "management": (await credential.get_token(cloud.resource_scope)).token,
                "storage": (await credential.get_token(cloud.storage_scope)).token,
            }
        answers = await self._run_program(
            "run_calls.py",
            {
                "base": cloud.resource_manager, "ca_file": str(cloud.ca_file), "tokens": tokens,
                "subscriptions": {subscription: "Sandbox images"}, "calls": calls,
            },
        )  # fmt: skip
        return [CallResult(**answer) for answer in answers]

    async def _run_program(self, name: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
        # installed without bytecode, which takes longer to make than all that is needed of it; kept for the next time
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        program = await asyncio.create_subprocess_exec(
            self.python, FOLDER / name, env=environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(SECONDS):
            out, error = await program.communicate(json.dumps(asked).encode("utf-8"))
        assert program.returncode == 0, error.decode("utf-8", "replace")
        answers: list[dict[str, Any]] = json.loads(out)
        return answers


def find_installation() -> AzureCli:
    """Return the CLI that `make` installed; without it, skip the test and say what to do."""
    if not INSTALLED.is_file() or INSTALLED.read_text("utf-8") != REQUIREMENTS.read_text("utf-8"):
        pytest.skip(
            "Azure CLI not found, or not as pinned: run `make test`, which installs it beside the bot's libraries"
        )
    return AzureCli(INSTALLED.parent / "bin" / "python")
