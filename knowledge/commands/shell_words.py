"""Any text as one word of a shell, taken as it is: nothing in it is expanded, no quote in it ends it."""

from __future__ import annotations

_POWERSHELL_QUOTES = "'\u2018\u2019\u201a\u201b"
"""PowerShell takes every one of these for a single quote, the typographic ones too."""


def quote_for_bash(text: str) -> str:
    """`text` as one word for bash and every other POSIX shell. A NUL, which no argument can hold, is left out."""
    quoted = text.replace("\0", "").replace("'", "'\\''")
    return f"'{quoted}'"


def quote_for_powershell(text: str) -> str:
    """`text` as one single-quoted string for PowerShell. A NUL is left out."""
    kept = text.replace("\0", "")
    return "'" + "".join(mark * 2 if mark in _POWERSHELL_QUOTES else mark for mark in kept) + "'"
