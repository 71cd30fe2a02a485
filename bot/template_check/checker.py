"""Checks templates in processes, a few at once, each of which is ended if it takes too long."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.template_check.process import CHECK_CODEC
from dialogs.model.preflight import MAX_CHECKED_BYTES, CheckProblem, CheckProblemReason, TemplateCheck
from dialogs.state.json_fields import DecodeError
from knowledge.model.entry import Language
from knowledge.redaction.redact import redact

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


class ProcessTemplateChecker:
    """`dialogs.model.ports.CheckTemplate` with a process for each template: it starts within a third of a second."""

    def __init__(
        self, max_seconds: float = MAX_SECONDS, max_running: int = MAX_RUNNING, command: Sequence[str] = _COMMAND
    ) -> None:
        self._max_seconds, self._command = max_seconds, command
        self._slots = asyncio.Semaphore(max_running)

    async def __call__(self, text: str, language: Language, name: str = "", is_live: bool = False) -> TemplateCheck:
        """Return the check of the template in `text`; what can't be checked has a problem instead."""
        if len(text) > MAX_CHECKED_BYTES:  # in bytes, it's no smaller
            return _refuse(name, "too-large")
        request = json.dumps({"text": text, "language": language, "name": name, "is_live": is_live})
        try:
            async with asyncio.timeout(MAX_WAIT_SECONDS):
                await self._slots.acquire()
        except TimeoutError:
            return _refuse(name, "too-slow")
        try:
            return await self._run(request.encode(), name)
        except OSError as error:
            _log.error("A template couldn't be checked: %s", type(error).__name__)
            return _refuse(name, "broken")
        finally:
            self._slots.release()

    async def _run(self, request: bytes, name: str) -> TemplateCheck:
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
            return _refuse(name, "too-slow")
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if status := process.returncode:
            is_limit = status == _TOO_MUCH_MEMORY or status < 0
            _log.warning("Checking a template ended with %s", status)
            return _refuse(name, "too-slow" if is_limit else "broken")
        try:
            check: TemplateCheck = CHECK_CODEC.decode(json.loads(output))
        except (DecodeError, ValueError):
            _log.error("A template's check can't be read")
            return _refuse(name, "broken")
        return check


def _refuse(name: str, reason: CheckProblemReason) -> TemplateCheck:
    return TemplateCheck(redact(name), problem=CheckProblem(reason))
