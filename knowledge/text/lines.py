"""Parse one line of a build log into its prefix, its time, its source, and the body that remains.

Over the years the service has used several forms of the prefix, with and without OUT/ERR, a run id, a time, and a
component. People also paste lines that lost part of it. All forms are parsed alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Literal, NamedTuple, overload

from knowledge.patterns import define_text_pattern
from knowledge.text.line_prefix import TIME_CHARS, Component, parse_component, parse_run_prefix, parse_time
from knowledge.text.text_lines import TextLines, collect_lines

LineSource = Literal["output", "verdict", "echo", "debug", "plain"]
"""Where a line comes from:

- `output`: a script, or Packer's user interface;
- `verdict`: Packer's summary at the end;
- `echo`: a script's own source, which Packer logs;
- `debug`: the rest of Packer's log;
- `plain`: no prefix says where.
"""

# Every form starts with one of these: a prefix, a time, a component, `ui`, the builder, a verdict, or echoed source.
_PREFIX_FIRST_CHARS = frozenset("[P \t0123456789pua=-BmF")
_MIN_PREFIX_CHARS = 6
_PACKER_MESSAGE = define_text_pattern(
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
_UI_BUILDER_PREFIXES = ("ui: ==> azure-arm: ", "ui:     azure-arm: ")
_EMPTY_UI_LINES = ("ui: ", "ui:")  # The blank may have been trimmed.
_UI_BUILDER_CHARS = len(_UI_BUILDER_PREFIXES[0])
# What follows a component starts with one of these if it's more than debug: a verdict, a line of the builder or the
# user interface, or echoed source.
_SIGNIFICANT_FIRST_CHARS = frozenset("Bm=- aFu")
_UNKNOWN = "\0"
"""No line starts with it: normalization removes NUL."""


class LogLine(NamedTuple):
    """A line without its prefix. `time` is in UTC, `run_id` is the id in the prefix, and `component` wrote the line."""

    number: int
    source: LineSource
    body: str
    time: datetime | None = None
    run_id: str | None = None
    is_prefixed: bool = False
    component: Component | None = None


def read_line(number: int, text: str) -> LogLine:
    """Parse one line of any form; `number` is its physical line number."""
    if _is_plain(text, text[:1]):
        return LogLine(number, "plain", text)
    pos, run_id, is_prefixed = parse_run_prefix(text)
    time, pos = parse_time(text, pos)
    component, pos = parse_component(text, pos)
    return _read_after_prefix(number, text, pos, LogLine(number, "plain", "", time, run_id, is_prefixed, component))


get_number = attrgetter("number")
"""Returns a line's number."""
# A NamedTuple's own constructor is a slower Python function around this one.
_new_line = partial(tuple.__new__, LogLine)


class PlainLines(Sequence[LogLine]):
    """Lines without prefixes, each of which becomes an object when it's read: a hostile text has tens of thousands."""

    def __init__(self, text_lines: TextLines) -> None:
        """Take the lines, none of which has a prefix."""
        self.bodies = text_lines.texts
        self._numbers = text_lines.numbers

    def __len__(self) -> int:
        return len(self.bodies)

    @overload
    def __getitem__(self, index: int) -> LogLine: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[LogLine]: ...

    def __getitem__(self, index: int | slice) -> LogLine | Sequence[LogLine]:
        if isinstance(index, slice):
            return list(PlainLines(TextLines(self._numbers[index], self.bodies[index])))
        return LogLine(self._numbers[index], "plain", self.bodies[index])

    def __iter__(self) -> Iterator[LogLine]:
        return (LogLine(number, "plain", body) for number, body in zip(self._numbers, self.bodies, strict=True))


def read_lines(text_lines: TextLines | Iterable[tuple[int, str]]) -> Sequence[LogLine]:
    """Parse many lines. The result is that of `read_line` for each, in much less time.

    Neighboring lines share most of their prefixes. So each part of a prefix is compared with an earlier line's, and
    only parsed if it's new. Rare cases are left to `read_line`.
    """
    text_lines = collect_lines(text_lines)
    return PlainLines(text_lines) if _are_too_short(text_lines.texts) else _read_long_lines(text_lines)


def _read_long_lines(text_lines: TextLines) -> list[LogLine]:
    lines: list[LogLine] = []
    prefix, stamp, plugin = "", _UNKNOWN, _UNKNOWN
    head = _UNKNOWN  # the prefix and the time of the line before
    run_id: str | None = None
    time: datetime | None = None
    component: Component | None = None
    for number, text in zip(text_lines.numbers, text_lines.texts, strict=True):
        if text.startswith(head):
            pos = len(head)
        elif not prefix or not text.startswith(prefix):
            if _is_plain(text, text[:1]):
                lines.append(_new_line((number, "plain", text, None, None, False, None)))
                continue
            line = read_line(number, text)
            lines.append(line)
            if line.is_prefixed and line.time:
                pos, run_id, _ = parse_run_prefix(text)
                prefix, stamp, plugin, head = text[:pos], _UNKNOWN, _UNKNOWN, _UNKNOWN
            continue
        else:
            pos = len(prefix)
            time, end = parse_time(text, pos)
            stamp = text[pos:end]
            if time is None or stamp[-1:] != " ":
                stamp = head = _UNKNOWN
                lines.append(read_line(number, text))
                continue
            head, pos = text[:end], end
        if text.startswith(_UI_BUILDER_PREFIXES, pos) or text[pos:] in _EMPTY_UI_LINES:
            body = text[pos + _UI_BUILDER_CHARS :].rstrip()
            lines.append(_new_line((number, "output", body, time, run_id, True, None)))
            continue
        if text.startswith(plugin, pos):
            pos += len(plugin)
        else:
            found, _ = parse_component(text, pos)
            if found is None:
                parsed = _new_line((number, "plain", "", time, run_id, True, None))
                lines.append(_read_after_prefix(number, text, pos, parsed))
                continue
            component = found
            end = text.index(": ", pos) + 2
            plugin, pos = text[pos:end], end
        # Packer logs what a plugin wrote with the plugin's own time, which is nearly always the line's.
        pos = pos + len(stamp) if text.startswith(stamp, pos) else parse_time(text, pos)[1]
        # Most lines of a log are plain debug, so their case is kept outside the function.
        lines.append(
            _new_line((number, "debug", text[pos:], time, run_id, True, component))
            if component == "packer" and text[pos : pos + 1] not in _SIGNIFICANT_FIRST_CHARS
            else _read_after_component(number, text, pos, time, run_id, component)
        )
    return lines


def _are_too_short(texts: Sequence[str]) -> bool:
    """Return whether no text can have a prefix. The shortest is that of an empty line of the user interface."""
    joined = "\n".join(texts)
    if len(joined) >= len(texts) * _MIN_PREFIX_CHARS or _EMPTY_UI_LINES[1] in joined:
        return False
    return max(map(len, texts)) < _MIN_PREFIX_CHARS


def _read_after_prefix(number: int, text: str, pos: int, parsed: LogLine) -> LogLine:
    """Read what follows the prefix at `pos`; `parsed` has what the prefix says."""
    is_ui = text.startswith(("ui: ", "ui error: "), pos)
    if is_ui:
        pos = text.index(": ", pos) + 2
    elif text.startswith(("ui:", "ui error:"), pos) and len(text) < pos + 10:  # An empty line whose blank was trimmed.
        return LogLine(number, "output", "", parsed.time, parsed.run_id, parsed.is_prefixed)
    return _classify_line(number, text[pos:], parsed.time, parsed.run_id, parsed.is_prefixed, parsed.component, is_ui)


def _read_after_component(
    number: int, text: str, pos: int, time: datetime | None, run_id: str | None, component: Component | None
) -> LogLine:
    if text.startswith("ui", pos):
        return read_line(number, text)
    return _classify_line(number, text[pos:], time, run_id, True, component, False)


def _classify_line(
    number: int,
    body: str,
    time: datetime | None,
    run_id: str | None,
    is_prefixed: bool,
    component: Component | None,
    is_ui: bool,
) -> LogLine:
    """Build the line with this `body` after its prefix; `is_ui` marks one that Packer's user interface printed."""
    source: LineSource
    output = _extract_builder_output(body)
    if output is not None:
        source, body = "output", output
    elif body.startswith(_VERDICT_PREFIXES):
        source = "verdict"
        body = body.removeprefix("==> ")
        if body.startswith("--> "):
            body = body[body.find(": ") + 2 :]
    elif body.startswith("Found command:"):
        source = "echo"
    elif component == "provisioner":
        # A provisioner's plugin logs the script that it uploads, line by line, between its own messages.
        source = "debug" if _PACKER_MESSAGE.match(body) else "echo"
    elif is_ui:
        source, body = "output", body.removeprefix("==> ")
    elif is_prefixed or component:
        source = "debug"
    else:
        source = "plain"
    return LogLine(number, source, body, time, run_id, is_prefixed, component)


def _is_plain(text: str, first: str) -> bool:
    """Return whether a line that starts with the character `first` cannot have a prefix of any form."""
    if first not in _PREFIX_FIRST_CHARS or (len(text) < _MIN_PREFIX_CHARS and first != "u"):
        return True
    return first == "[" and "PACKER" not in text[:80]


def _extract_builder_output(body: str) -> str | None:
    """Return what follows `==> azure-arm: ` or `    azure-arm: `, and `None` for any other body."""
    start = 4 if body.startswith("==> azure-arm") else len(body) - len(body.lstrip(" "))
    if not body.startswith("azure-arm", start):
        return None
    colon = body.find(":", start + 9, start + 60)
    if colon < 0 or (colon > start + 9 and body[start + 9] != "."):  # A named builder is `azure-arm.NAME`.
        return None
    return body[colon + 2 :].rstrip() if body[colon + 1 : colon + 2] in ("", " ") else None


def format_iso(time: datetime | None) -> str | None:
    """Return `time` as the JSON contract writes it, `2026-02-22T01:29:17Z`; `None` for no time."""
    return f"{time.isoformat()[:TIME_CHARS]}Z" if time else None
