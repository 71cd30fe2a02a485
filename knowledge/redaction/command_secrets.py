"""Find secrets that only the command around them identifies: `net user NAME x`, `mysql -px`, `curl -u user:x`."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.redaction.patterns import BytePattern, RedactionRule, Span
from knowledge.redaction.values import read_argument

_ENCODED_SCRIPT = BytePattern(
    r"(?i)[\s\"',][-/]e(?:n|nc|c|nco\w*)?(?:[\"'\\]*,\s*|\s+)[\"'\\]*(?P<v>[A-Za-z0-9+/]{12,}={0,2})(?:[^\w.:\\/-]|\z)"
)
_EARLY_VALUE = BytePattern(r"(?i)(?:-value|/d)\s+(?P<v>[^\s-])[^\n|;]{0,200}(?:-name|/v)\s+[\"']?\w*password")


def _find_encoded_scripts(view: bytes) -> Iterator[Span]:
    """Yield scripts passed to PowerShell in base64, which can contain secrets that no other rule sees."""
    for match in _ENCODED_SCRIPT.finditer(view):
        yield match.span("v")


def _find_early_values(view: bytes) -> Iterator[Span]:
    """Yield values that come before their name: `reg add KEY /d x /v DefaultPassword`."""
    for match in _EARLY_VALUE.finditer(view):
        span = read_argument(view, match.start("v"))
        if span is not None:
            yield span


PREFILTERED_RULES: tuple[tuple[str, RedactionRule], ...] = (
    (r"[-/]e[a-z]*[\"'\\]*[,\s]", _find_encoded_scripts),
    (r"password", _find_early_values),
)
