"""Find secrets that only the command around them identifies: `net user NAME x`, `mysql -px`, `curl -u user:x`."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.redaction.patterns import BytePattern, RedactionRule, Span
from knowledge.redaction.values import read_argument

_EARLY_VALUE = BytePattern(r"(?i)(?:-value|/d)\s+(?P<v>[^\s-])[^\n|;]{0,200}(?:-name|/v)\s+[\"']?\w*password")


def _find_early_values(view: bytes) -> Iterator[Span]:
    """Yield values that come before their name: `reg add KEY /d x /v DefaultPassword`."""
    for match in _EARLY_VALUE.finditer(view):
        span = read_argument(view, match.start("v"))
        if span is not None:
            yield span


PREFILTERED_RULES: tuple[tuple[str, RedactionRule], ...] = ((r"(?:-name|/v)\s+[\"']?\w*password", _find_early_values),)
