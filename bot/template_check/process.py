"""The process that works on one template: `python -m bot.template_check.process`.

It reads a JSON object from standard input, and writes one to standard output. It has no secrets in its environment, and
little memory and time, so that no template can do harm.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.template_check.check_text import check_text
from dialogs.model.preflight import TemplateCheck
from dialogs.state.codec import build_codec
from knowledge.mistakes.template_mistakes import find_mistakes
from knowledge.model.template_mistake import TemplateMistake
from knowledge.preflight.rule_catalog import get_rules


@dataclass(frozen=True, slots=True)
class FoundMistakes:
    """What's found for a lookup."""

    mistakes: tuple[TemplateMistake, ...] = ()


CHECK_CODEC = build_codec(TemplateCheck)
MISTAKES_CODEC = build_codec(FoundMistakes)
MAX_MEMORY_BYTES = 768 << 20
MAX_CPU_SECONDS = 5
_MAX_INPUT_BYTES = 4 << 20


def limit_resources() -> None:
    """Limit this process's memory and time, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: only the parent's time limit remains
        return
    for kind, most in ((resource.RLIMIT_AS, MAX_MEMORY_BYTES), (resource.RLIMIT_CPU, MAX_CPU_SECONDS)):
        hard = resource.getrlimit(kind)[1]
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (limit, limit))
        except (OSError, ValueError):
            continue  # macOS has no limit of the address space
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would have the template in it


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return what a request asks for, as JSON values: a check, or the mistakes for a lookup."""
    today = datetime.now(UTC).date()
    result: dict[str, Any]
    if request["task"] == "mistakes":
        result = MISTAKES_CODEC.encode(FoundMistakes(find_mistakes(request["text"], today)))
    else:
        check = check_text(
            request["text"],
            tuple(get_rules().values()),
            today,
            request["language"],
            request["name"],
            request["is_live"],
        )
        result = CHECK_CODEC.encode(check)
    return result


def main() -> int:
    """Answer the request on standard input."""
    limit_resources()
    try:
        result = answer(json.loads(sys.stdin.buffer.read(_MAX_INPUT_BYTES)))
    except (MemoryError, RecursionError):
        return 3
    sys.stdout.write(json.dumps(result))
    return 0


if __name__ == "__main__":
    # no traceback, whose last line may quote the template
    sys.tracebacklimit = 0
    sys.exit(main())
