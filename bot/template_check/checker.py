"""What would make a template's build fail, found in a process that can be ended."""

from __future__ import annotations

import logging

from bot.template_check.process import CHECK_CODEC
from bot.template_check.process_pool import TemplateProcessPool, TemplateTaskError
from dialogs.model.preflight import MAX_CHECKED_BYTES, CheckProblem, CheckProblemReason, TemplateCheck
from dialogs.state.json_fields import DecodeError
from knowledge.model.entry import Language
from knowledge.redaction.redact import redact

_log = logging.getLogger(__name__)


class ProcessTemplateChecker:
    """`dialogs.model.ports.CheckTemplate` in the processes of `pool`."""

    def __init__(self, pool: TemplateProcessPool | None = None) -> None:
        self._pool = pool or TemplateProcessPool()

    async def __call__(self, text: str, language: Language, name: str = "", is_live: bool = False) -> TemplateCheck:
        """Return the check of the template in `text`; what can't be checked has a problem instead."""
        if len(text) > MAX_CHECKED_BYTES:  # in bytes, it's no smaller
            return _refuse(name, "too-large")
        request = {"task": "check", "text": text, "language": language, "name": name, "is_live": is_live}
        try:
            check: TemplateCheck = CHECK_CODEC.decode(await self._pool.run(request))
        except TemplateTaskError as error:
            return _refuse(name, error.reason)
        except DecodeError:
            _log.error("A template's check can't be read")
            return _refuse(name, "broken")
        return check


def _refuse(name: str, reason: CheckProblemReason) -> TemplateCheck:
    return TemplateCheck(redact(name), problem=CheckProblem(reason))
