"""Parse the parts of a log line's prefix: run id, time and component.

Each parser gets the line and the position at which its part may start. It returns what it found, and the position of
what follows: the same position if the part is missing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

Component = Literal["provisioner", "packer"]
"""What wrote a line: a plugin that runs the template's steps, or any other part of Packer."""

TIME_CHARS = 19
MAX_RUN_ID_CHARS = 66
_MAX_COMPONENT_CHARS = 90


def parse_run_prefix(text: str) -> tuple[int, str | None, bool]:
    """Parse `[run id] PACKER OUT `, of which only `PACKER` must be there.

    Returns the position of what follows, the run id, and whether there was a prefix. Without one, the position is 0:
    leading blanks belong to the line.
    """
    pos = len(text) - len(text.lstrip(" \t")) if text[:1] in " \t" else 0
    run_id = None
    if text.startswith("[", pos):
        close = text.find("]", pos + 1, pos + MAX_RUN_ID_CHARS)
        if close < 0 or not text.startswith("PACKER", close + 2):
            return 0, None, False
        run_id, pos = text[pos + 1 : close], close + 2
    elif not text.startswith("PACKER", pos):
        return 0, None, False
    end = pos + len("PACKER")
    if text[end : end + 1] not in ("", " "):
        return 0, None, False
    if text.startswith((" OUT", " ERR"), end) and text[end + 4 : end + 5] in ("", " "):
        end += 4
    return min(end + 1, len(text)), run_id, True


def parse_time(text: str, pos: int) -> tuple[datetime | None, int]:
    """Parse a UTC time, `2026/01/12 08:00:00` or ISO 8601, and the blank after it."""
    if text[pos + 13 : pos + 17 : 3] != "::" or text[pos + 4 : pos + 5] not in ("/", "-"):
        return None, pos
    time = _parse_timestamp(text[pos : pos + TIME_CHARS])
    if time is None:
        return None, pos
    end = pos + TIME_CHARS
    if text[end : end + 1] == " ":
        return time, end + 1
    while end < len(text) and text[end] in ".0123456789Z:":
        end += 1
    if text.startswith(",", end):  # A column of a Windows log (`setupact.log`, `cbs.log`), not a prefix.
        return None, pos
    return time, end + 1 if text[end : end + 1] == " " else end


@lru_cache(maxsize=1024)  # Lines written in the same second are adjacent.
def _parse_timestamp(stamp: str) -> datetime | None:
    """Return the time written in 19 characters as `2026/01/12 08:00:00`; `None` when there is no such time."""
    try:
        return datetime(
            int(stamp[:4]),
            int(stamp[5:7]),
            int(stamp[8:10]),
            int(stamp[11:13]),
            int(stamp[14:16]),
            int(stamp[17:19]),
            tzinfo=UTC,
        )
    except ValueError:  # It looks like a time, but is out of range.
        return None


def parse_component(text: str, pos: int) -> tuple[Component | None, int]:
    """Parse the name of the component that wrote the line. A second time may follow it."""
    if not text.startswith("packer", pos):
        return None, pos
    end = text.find(": ", pos, pos + _MAX_COMPONENT_CHARS)
    name = text[pos:end]
    if end < 0 or (" " in name and not name.endswith(" plugin")):
        return None, pos
    return "provisioner" if name.startswith("packer-provisioner") else "packer", end + 2
