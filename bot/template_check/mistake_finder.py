"""The mistakes that can have failed a build, found in a process that can be ended."""

from __future__ import annotations

import logging

from bot.template_check.process import MISTAKES_CODEC
from bot.template_check.process_pool import TemplateProcessPool, TemplateTaskError
from dialogs.state.json_fields import DecodeError
from knowledge.mistakes.template_mistakes import MAX_TEMPLATE_CHARS
from knowledge.model.template_mistake import TemplateMistake

_log = logging.getLogger(__name__)


class ProcessMistakeFinder:
    """`dialogs.model.ports.FindMistakes` in the processes of `pool`. Nothing here makes a lookup fail."""

    def __init__(self, pool: TemplateProcessPool | None = None) -> None:
        self._pool = pool or TemplateProcessPool()

    async def __call__(self, template_json: str) -> tuple[TemplateMistake, ...]:
        """Return the mistakes, the worst first; none if they can't be found in time."""
        if len(template_json) > MAX_TEMPLATE_CHARS:
            return ()
        try:
            mistakes = MISTAKES_CODEC.decode(await self._pool.run({"task": "mistakes", "text": template_json}))
        except (TemplateTaskError, DecodeError) as error:
            _log.warning("Preflight failed during a lookup: %s", type(error).__name__)
            return ()
        return tuple(mistakes.mistakes)
