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

LineSource = Literal["output", "verdict", "echo", "debug", "plain"]

# every form begins with one of these: a prefix, a time, a component, ui, the builder, a verdict, echoed source
_PREFIX_FIRST_CHARS = frozenset("[P \t0123456789pua=-BmF")
_MIN_PREFIX_CHARS = 6
_MAX_RUN_ID_CHARS = 66
_MAX_COMPONENT_CHARS = 90
_TIME_CHARS = 19
_PACKER_MESSAGE = re2.compile(
    r"^(?:\[(?:INFO|ERROR|ERR|DEBUG|WARN|TRACE)\]|Retryable error|RPC |Waiting for|Check if machine|Machine |"
    r"Connected|Opening |Uploading |closing|Using |Building command|Plugin address|Serving a plugin|Cancelling |"
    r"\S+ returned with exit code)"
)
_VERDICT_PREFIXES = (
    "Build '",
    "machine readable:",
    "==> Some builds",
    "==> Wait completed",
    "==> Builds finished",
    "--> azure-arm",
)
_BUILDER_PREFIXES = ("==> azure-arm: ", "    azure-arm: ")
# what a verdict, a builder's line or echoed source can begin with
_SIGNIFICANT_FIRST_CHARS = frozenset("Bm=- aF")


class LogLine(NamedTuple):
    """A line without its prefix. `time` is UTC; `run` is the id in the prefix; `component` is a plugin's kind."""

    number: int
    source: LineSource
    body: str
    time: datetime | None = None
    run_id: str | None = None
    prefixed: bool = False
    component: str | None = None


def read_line(number: int, text: str) -> LogLine:
    """The line behind `text`, with its source: a script's or Packer's output, a verdict, echoed script text, debug."""
    if _is_plain(text, text[:1]):
        return LogLine(number, "plain", text)
    at, run, prefixed = _parse_prefix(text)
    time, at = _parse_time(text, at)
    component, at = _parse_component(text, at)
    interface = text.startswith(("ui: ", "ui error: "), at)
    if interface:
        at = text.index(": ", at) + 2
    elif text.startswith(("ui:", "ui error:"), at) and len(text) < at + 10:
        return LogLine(number, "output", "", time, run, prefixed)
    return _classify_line(number, text[at:], time, run, prefixed, component, interface)


# the constructor of a named tuple is a function of Python's around this one
_new_tuple = tuple.__new__


def read_lines(text_lines: Iterable[tuple[int, str]]) -> list[LogLine]:
    """`read_line` of each piece, in less time: what begins like a line before is not taken apart anew."""
    lines: list[LogLine] = []
    prefix = stamp = plugin = ""
    run: str | None = None
    time: datetime | None = None
    component: str | None = None
    for number, text in text_lines:
        if not prefix or not text.startswith(prefix):
            first = text[:1]
            if (
                first not in _PREFIX_FIRST_CHARS
                or (len(text) < _MIN_PREFIX_CHARS and first != "u")
                or _is_plain(text, first)
            ):
                lines.append(_new_tuple(LogLine, (number, "plain", text, None, None, False, None)))
                continue
            line = read_line(number, text)
            lines.append(line)
            if line.prefixed and line.time:
                at, run, _ = _parse_prefix(text)
                prefix, stamp, plugin = text[:at], "\0", "\0"
            continue
        at = len(prefix)
        if text.startswith(stamp, at):
            at += len(stamp)
        else:
            time, end = _parse_time(text, at)
            stamp = text[at:end]
            if time is None or stamp[-1:] != " ":
                stamp = "\0"
                lines.append(read_line(number, text))
                continue
            at = end
        if text.startswith("ui: ", at):
            if text.startswith(_BUILDER_PREFIXES, at + 4):
                body = text[at + 19 :].rstrip()
                lines.append(_new_tuple(LogLine, (number, "output", body, time, run, True, None)))
            else:
                lines.append(_classify_line(number, text[at + 4 :], time, run, True, None, True))
            continue
        if text.startswith(plugin, at):
            at += len(plugin)
        else:
            found, _ = _parse_component(text, at)
            if found is None:
                lines.append(read_line(number, text))
                continue
            component = found
            end = text.index(": ", at) + 2
            plugin, at = text[at:end], end
        at = at + len(stamp) if text.startswith(stamp, at) else _parse_time(text, at)[1]
        if text.startswith("ui", at):
            lines.append(read_line(number, text))
        elif component == "packer" and text[at : at + 1] not in _SIGNIFICANT_FIRST_CHARS:
            lines.append(_new_tuple(LogLine, (number, "debug", text[at:], time, run, True, component)))
        else:
            lines.append(_classify_line(number, text[at:], time, run, True, component, False))
    return lines


def _classify_line(
    number: int,
    body: str,
    time: datetime | None,
    run_id: str | None,
    is_prefixed: bool,
    component: str | None,
    is_ui: bool,
) -> LogLine:
    """The line with this `body` behind its prefix; `interface`: Packer's user interface printed it."""
    source: LineSource
    inner = _extract_builder_output(body)
    if inner is not None:
        source, body = "output", inner
    elif body.startswith(_VERDICT_PREFIXES):
        source = "verdict"
        body = body.removeprefix("==> ")
        if body.startswith("--> "):
            body = body[body.find(": ") + 2 :]
    elif body.startswith("Found command:"):
        source = "echo"
    elif component == "provisioner":
        source = "debug" if _PACKER_MESSAGE.match(body) else "echo"
    elif is_ui:
        source, body = "output", body.removeprefix("==> ")
    elif is_prefixed or component:
        source = "debug"
    else:
        source = "plain"
    return LogLine(number, source, body, time, run_id, is_prefixed, component)


def _is_plain(text: str, first: str) -> bool:
    """Whether a line that begins with the character `first` can have no prefix at all."""
    if first not in _PREFIX_FIRST_CHARS or (len(text) < _MIN_PREFIX_CHARS and first != "u"):
        return True
    return first == "[" and "PACKER" not in text[:80]


def _parse_prefix(text: str) -> tuple[int, str | None, bool]:
    """Where the rest begins behind `[id] PACKER OUT `, the id, and whether there was such a prefix."""
    at = len(text) - len(text.lstrip(" \t")) if text[:1] in " \t" else 0
    run = None
    if text.startswith("[", at):
        close = text.find("]", at + 1, at + _MAX_RUN_ID_CHARS)
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


def _parse_time(text: str, at: int) -> tuple[datetime | None, int]:
    """The time that stands at `at` and where the rest begins; `None` and `at` when there is none."""
    if text[at + 4 : at + 5] not in ("/", "-") or text[at + 13 : at + 14] != ":" or text[at + 16 : at + 17] != ":":
        return None, at
    time = _parse_timestamp(text[at : at + 19])
    if time is None:
        return None, at
    end = at + _TIME_CHARS
    while end < len(text) and text[end] in ".0123456789Z:":
        end += 1
    if text.startswith(",", end):  # a column of a log of Windows, not a prefix
        return None, at
    return time, end + 1 if text[end : end + 1] == " " else end


@lru_cache(maxsize=1024)  # the lines of one second stand together
def _parse_timestamp(stamp: str) -> datetime | None:
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


def _parse_component(text: str, at: int) -> tuple[str | None, int]:
    """The component that wrote the line, `provisioner` or `packer`, and where the rest begins."""
    if not text.startswith("packer", at):
        return None, at
    end = text.find(": ", at, at + _MAX_COMPONENT_CHARS)
    name = text[at:end]
    if end < 0 or (" " in name and not name.endswith(" plugin")):
        return None, at
    _, after = _parse_time(text, end + 2)
    return "provisioner" if name.startswith("packer-provisioner") else "packer", after


def _extract_builder_output(body: str) -> str | None:
    """What the builder printed, when the line is `==> azure-arm: …` or `    azure-arm: …`."""
    start = 4 if body.startswith("==> azure-arm") else len(body) - len(body.lstrip(" "))
    if not body.startswith("azure-arm", start):
        return None
    colon = body.find(":", start + 9, start + 60)
    if colon < 0 or (colon > start + 9 and body[start + 9] != "."):
        return None
    return body[colon + 2 :].rstrip() if body[colon + 1 : colon + 2] in ("", " ") else None


def format_iso(time: datetime | None) -> str | None:
    """A time as the JSON contract writes it, `2026-02-22T01:29:17Z`."""
    return f"{time.isoformat()[:_TIME_CHARS]}Z" if time else None
