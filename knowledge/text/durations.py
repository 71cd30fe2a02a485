"""Write durations as people say them, the same in every language: `12 s`, `3 min 5 s`, `1 h 55 min`."""

from __future__ import annotations

_MINUTE, _HOUR = 60, 3600
_SHORT_SECONDS = 600


def format_duration(seconds: int) -> str:
    """Return `seconds` as text; from ten minutes on, without seconds."""
    hours, rest = divmod(max(seconds, 0), _HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if seconds >= _SHORT_SECONDS or (minutes and not rest):
        return f"{minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
