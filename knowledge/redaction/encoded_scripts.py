"""Read scripts that are passed to PowerShell in base64: one without a secret stays, any other is hidden as a whole.

Packer passes its own commands to Windows like this, and they say what it was doing.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterator
from functools import lru_cache

from knowledge.redaction.patterns import BytePattern, RedactionRule, Span
from knowledge.redaction.split_secrets import LOG_PREFIX

_ENCODED_SCRIPT = BytePattern(
    r"(?i)[\s\"',][-/]e(?:n|nc|c|nco\w*)?(?:[\"'\\]*,\s*|[\s:=]+)[\"'\\]*(?P<v>[A-Za-z0-9+/]{12,}={0,2})(?:[^\w.:\\/-]|\z)"
)
_SIGN = r"[-/]e(?:n|nc|c|nco[a-z]*)?[\"'\\]*[,\s:=]"
_CONTINUED = BytePattern(rf"[ \t]*\r?\n{LOG_PREFIX}[A-Za-z0-9+/]{{20,}}={{0,2}}(?:[^\w.-]|\z)")
_MAX_CHARS = 64 << 10
_MAX_FOREIGN_SHARE = 0.1


class EncodedScripts:
    """Tells scripts in base64 that have no secret from those that have, or can't be read."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        """Decide with `redact`, which a script without secrets leaves as it is."""

        @lru_cache(maxsize=256)
        def is_harmless(run: bytes) -> bool:
            script = _decode_script(run)
            return script is not None and redact(script) == script

        self._is_harmless = is_harmless

    def is_harmless(self, view: bytes, start: int, end: int) -> bool:
        """Return whether the run from `start` to `end` is a whole script without secrets."""
        return _CONTINUED.match(view, end) is None and self._is_harmless(view[start:end])

    def find(self, view: bytes) -> Iterator[Span]:
        """Yield the scripts that have a secret, or can't be read."""
        for match in _ENCODED_SCRIPT.finditer(view):
            start, end = match.span("v")
            if not self.is_harmless(view, start, end):
                yield start, end

    def build_prefiltered_rules(self) -> tuple[tuple[str, RedactionRule], ...]:
        """Return the rule with its sign."""
        return ((_SIGN, self.find),)


def _decode_script(run: bytes) -> str | None:
    """Return the text that PowerShell would run; `None` for anything else than readable text in UTF-16."""
    if len(run) > _MAX_CHARS:
        return None
    try:
        script = binascii.a2b_base64(run, strict_mode=True).decode("utf-16-le")
    except (binascii.Error, ValueError):
        return None
    foreign = sum(not (c.isascii() and (c.isprintable() or c in "\r\n\t")) for c in script)
    return script if script.strip() and foreign <= len(script) * _MAX_FOREIGN_SHARE else None
