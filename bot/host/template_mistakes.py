"""Preflight during a lookup: in the threads for long texts, and never the reason why a lookup fails."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from bot.errors import OverloadedError
from bot.workload.text_workers import TextWorkers
from dialogs.model.ports import FindMistakes
from knowledge.mistakes.template_mistakes import find_mistakes
from knowledge.model.template_mistake import TemplateMistake

_logger = logging.getLogger(__name__)


def build_mistake_finder(workers: TextWorkers) -> FindMistakes:
    """Build the function that finds the mistakes in a template, in threads of `workers`."""

    async def find_in_thread(template_json: str) -> tuple[TemplateMistake, ...]:
        today = datetime.now(UTC).date()
        try:
            return await workers.run(lambda: find_mistakes(template_json, today))
        except OverloadedError:
            return ()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a rule, people get their diagnosis
            _logger.warning("Preflight failed during a lookup: %s", type(error).__name__)
            return ()

    return find_in_thread
