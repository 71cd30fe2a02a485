"""Runs tasks on templates in processes, a few at once, each of which is ended if it takes too long."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from bot.errors import BotError

MAX_RUNNING = 2
MAX_SECONDS = 10.0
"""On a busy machine, the process gets little of them: its own limit is `MAX_CPU_SECONDS`."""
MAX_WAIT_SECONDS = 20.0
"""How long a template may wait for others; there's no answer within a turn after that."""
_COMMAND = (sys.executable, "-m", "bot.template_check.process")
_ROOT = Path(__file__).resolve().parents[2]
_KEPT_VARIABLES = ("PATH", "HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_CACHE_HOME", "SYSTEMROOT", "TEMP", "TMPDIR")
"""What the process gets of the environment: where Python and its cache are, and none of the bot's secrets."""
_TOO_MUCH_MEMORY = 3

_log = logging.getLogger(__name__)


class TemplateTaskError(BotError):
    """A task on a template gave no result: it took too long, or too much memory, or it failed."""

    def __init__(self, reason: Literal["too-slow", "broken"]) -> None:
        super().__init__(reason)
        self.reason = reason


class TemplateProcessPool:
    """Runs each task in a separate process, which starts within a third of a second."""

    def __init__(
        self, max_seconds: float = MAX_SECONDS, max_running: int = MAX_RUNNING, command: Sequence[str] = _COMMAND
    ) -> None:
        self._max_seconds, self._command = max_seconds, command
        self._slots = asyncio.Semaphore(max_running)

    async def run(self, request: Mapping[str, Any]) -> Any:
        """Return what the process answers to `request`, as JSON values. Raise `TemplateTaskError`."""
        try:
            async with asyncio.timeout(MAX_WAIT_SECONDS):
                await self._slots.acquire()
        except TimeoutError:
            raise TemplateTaskError("too-slow") from None
        try:
            return json.loads(await self._run_process(json.dumps(request).encode()))
        except OSError as error:
            _log.error("A template couldn't be checked: %s", type(error).__name__)
            raise TemplateTaskError("broken") from None
        except ValueError:
            _log.error("A template's check can't be read")
            raise TemplateTaskError("broken") from None
        finally:
            self._slots.release()

    async def _run_process(self, request: bytes) -> bytes:
        environment = {key: os.environ[key] for key in _KEPT_VARIABLES if key in os.environ}
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=_ROOT,
            env=environment,
        )
        try:
            async with asyncio.timeout(self._max_seconds):
                output, _ = await process.communicate(request)
        except TimeoutError:
            _log.warning("Checking a template took more than %s s", self._max_seconds)
            raise TemplateTaskError("too-slow") from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if status := process.returncode:
            _log.warning("Checking a template ended with %s", status)
            raise TemplateTaskError("too-slow" if status == _TOO_MUCH_MEMORY or status < 0 else "broken")
        return output
