"""One line of a build log: its prefix, its time, where it comes from, and what remains.

The service has written the prefix in several forms over the years, with and without OUT/ERR, a run's id, a time and a
component; people also paste lines that lost a part of it. All forms are read alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, NamedTuple

import re2

Source = Literal["output", "verdict", "echo", "debug", "plain"]

# every form begins with one of these: a prefix, a time, a component, ui, the builder, a verdict, echoed source
_FIRST = frozenset("[P \t0123456789pua=-BmF")
_SHORTEST = 6
_LONGEST_ID = 66
_LONGEST_COMPONENT = 90
_TIME_LENGTH = 19
_OWN_WORDS = re2.compile(
    r"^(?:\[(?:INFO|ERROR|ERR|DEBUG|WARN|TRACE)\]|Retryable error|RPC |Waiting for|Check if machine|Machine |"
    r"Connected|Opening |Uploading |closing|Using |Building command|Plugin address|Serving a plugin|Cancelling |"
    r"\S+ returned with exit code)"
)
_VERDICTS = (
    "Build '",
    "machine readable:",
    "==> Some builds",
    "==> Wait completed",
    "==> Builds finished",
    "--> azure-arm",
)
_BUILDER = ("==> azure-arm: ", "    azure-arm: ")
# what a verdict, a builder's line or echoed source can begin with
_TELLING = frozenset("Bm=- aF")


class Line(NamedTuple):
    """A line without its prefix. `time` is UTC; `run` is the id in the prefix; `component` is a plugin's kind."""

    number: int
    source: Source
    body: str
    time: datetime | None = None
    run: str | None = None
    prefixed: bool = False
    component: str | None = None


def read_line(number: int, text: str) -> Line:
    """The line behind `text`, with its source: a script's or Packer's output, a verdict, echoed script text, debug."""
    if _is_plain(text, text[:1]):
        return Line(number, "plain", text)
    at, run, prefixed = _prefix(text)
    time, at = _time(text, at)
    component, at = _component(text, at)
    interface = text.startswith(("ui: ", "ui error: "), at)
    if interface:
        at = text.index(": ", at) + 2
    elif text.startswith(("ui:", "ui error:"), at) and len(text) < at + 10:
        return Line(number, "output", "", time, run, prefixed)
    return _said(number, text[at:], time, run, prefixed, component, interface)


# the constructor of a named tuple is a function of Python's around this one
_new = tuple.__new__


def read_lines(pieces: Iterable[tuple[int, str]]) -> list[Line]:
    """`read_line` of each piece, in less time: what begins like a line before is not taken apart anew."""
    lines: list[Line] = []
    prefix = stamp = plugin = ""
    run: str | None = None
    time: datetime | None = None
    component: str | None = None
    for number, text in pieces:
        if not prefix or not text.startswith(prefix):
            first = text[:1]
            if first not in _FIRST or (len(text) < _SHORTEST and first != "u") or _is_plain(text, first):
                lines.append(_new(Line, (number, "plain", text, None, None, False, None)))
                continue
            line = read_line(number, text)
            lines.append(line)
            if line.prefixed and line.time:
                at, run, _ = _prefix(text)
                prefix, stamp, plugin = text[:at], "\0", "\0"
            continue
        at = len(prefix)
        if text.startswith(stamp, at):
            at += len(stamp)
        else:
            time, end = _time(text, at)
            stamp = text[at:end]
            if time is None or stamp[-1:] != " ":
                stamp = "\0"
                lines.append(read_line(number, text))
                continue
            at = end
        if text.startswith("ui: ", at):
            if text.startswith(_BUILDER, at + 4):
                body = text[at + 19 :].rstrip()
                lines.append(_new(Line, (number, "output", body, time, run, True, None)))
            else:
                lines.append(_said(number, text[at + 4 :], time, run, True, None, True))
            continue
        if text.startswith(plugin, at):
            at += len(plugin)
        else:
            found, _ = _component(text, at)
            if found is None:
                lines.append(read_line(number, text))
                continue
            component = found
            end = text.index(": ", at) + 2
            plugin, at = text[at:end], end
        at = at + len(stamp) if text.startswith(stamp, at) else _time(text, at)[1]
        if text.startswith("ui", at):
            lines.append(read_line(number, text))
        elif component == "packer" and text[at : at + 1] not in _TELLING:
            lines.append(_new(Line, (number, "debug", text[at:], time, run, True, component)))
        else:
            lines.append(_said(number, text[at:], time, run, True, component, False))
    return lines


def _said(
    number: int,
    body: str,
    time: datetime | None,
    run: str | None,
    prefixed: bool,
    component: str | None,
    interface: bool,
) -> Line:
    """The line with this `body` behind its prefix; `interface`: Packer's user interface printed it."""
    source: Source
    inner = _builder_line(body)
    if inner is not None:
        source, body = "output", inner
    elif body.startswith(_VERDICTS):
        source = "verdict"
        body = body.removeprefix("==> ")
        if body.startswith("--> "):
            body = body[body.find(": ") + 2 :]
    elif body.startswith("Found command:"):
        source = "echo"
    elif component == "provisioner":
        source = "debug" if _OWN_WORDS.match(body) else "echo"
    elif interface:
        source, body = "output", body.removeprefix("==> ")
    elif prefixed or component:
        source = "debug"
    else:
        source = "plain"
    return Line(number, source, body, time, run, prefixed, component)


def _is_plain(text: str, first: str) -> bool:
    """Whether a line that begins with the character `first` can have no prefix at all."""
    if first not in _FIRST or (len(text) < _SHORTEST and first != "u"):
        return True
    return first == "[" and "PACKER" not in text[:80]


def _prefix(text: str) -> tuple[int, str | None, bool]:
    """Where the rest begins behind `[id] PACKER OUT `, the id, and whether there was such a prefix."""
    at = len(text) - len(text.lstrip(" \t")) if text[:1] in " \t" else 0
    run = None
    if text.startswith("[", at):
        close = text.find("]", at + 1, at + _LONGEST_ID)
        if close < 0 or not text.startswith("PACKER", close + 2):
            return 0, None, False
        run, at = text[at + 1 : close], close + 2
    elif not text.startswith("PACKER", at):
        return 0, None, False
    end = at + 6
    if text[end : end + 1] not in ("", " "):
        return 0, None, False
    if text.startswith((" OUT", " ERR"), end) and text[end + 4 : end + 5] in ("", " "):
        end += 4
    return min(end + 1, len(text)), run, True


def _time(text: str, at: int) -> tuple[datetime | None, int]:
    """The time that stands at `at` and where the rest begins; `None` and `at` when there is none."""
    if text[at + 4 : at + 5] not in ("/", "-") or text[at + 13 : at + 14] != ":" or text[at + 16 : at + 17] != ":":
        return None, at
    time = _moment(text[at : at + 19])
    if time is None:
        return None, at
    end = at + _TIME_LENGTH
    while end < len(text) and text[end] in ".0123456789Z:":
        end += 1
    if text.startswith(",", end):  # a column of a log of Windows, not a prefix
        return None, at
    return time, end + 1 if text[end : end + 1] == " " else end


@lru_cache(maxsize=1024)  # the lines of one second stand together
def _moment(stamp: str) -> datetime | None:
    """The time that 19 characters name, `2026/01/12 08:00:00`; `None` when there is no such time."""
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
    except ValueError:  # the shape of a time, but no such time
        return None


def _component(text: str, at: int) -> tuple[str | None, int]:
    """The component that wrote the line, `provisioner` or `packer`, and where the rest begins."""
    if not text.startswith("packer", at):
        return None, at
    end = text.find(": ", at, at + _LONGEST_COMPONENT)
    name = text[at:end]
    if end < 0 or (" " in name and not name.endswith(" plugin")):
        return None, at
    _, after = _time(text, end + 2)
    return "provisioner" if name.startswith("packer-provisioner") else "packer", after


def _builder_line(body: str) -> str | None:
    """What the builder printed, when the line is `==> azure-arm: …` or `    azure-arm: …`."""
    start = 4 if body.startswith("==> azure-arm") else len(body) - len(body.lstrip(" "))
    if not body.startswith("azure-arm", start):
        return None
    colon = body.find(":", start + 9, start + 60)
    if colon < 0 or (colon > start + 9 and body[start + 9] != "."):
        return None
    return body[colon + 2 :].rstrip() if body[colon + 1 : colon + 2] in ("", " ") else None


def iso(time: datetime | None) -> str | None:
    """A time as the JSON contract writes it, `2026-02-22T01:29:17Z`."""
    return f"{time.isoformat()[:_TIME_LENGTH]}Z" if time else None
