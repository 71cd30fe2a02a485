"""Quote any text as one literal word of a shell: nothing in it is expanded, and no quote in it ends the word."""

from __future__ import annotations

import shlex

_POWERSHELL_QUOTES = "'\u2018\u2019\u201a\u201b"
"""PowerShell treats each of these, even the typographic ones, as a single quote."""


def quote_for_bash(text: str) -> str:
    """Return `text` as one word for bash and any other POSIX shell, without NULs, which no argument can contain."""
    return shlex.quote(text.replace("\0", ""))


def quote_for_powershell(text: str) -> str:
    """Return `text` as one single-quoted string for PowerShell, without NULs."""
    without_nul = text.replace("\0", "")
    return "'" + "".join(char * 2 if char in _POWERSHELL_QUOTES else char for char in without_nul) + "'"
