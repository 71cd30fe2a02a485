"""Parse one line of a build log into its prefix, its time, its source, and the body that remains.

Over the years the service has used several forms of the prefix, with and without OUT/ERR, a run id, a time, and a
component. People also paste lines that lost part of it. All forms are parsed alike.
"""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import Literal, NamedTuple

from knowledge.text.line_prefix import Component, parse_component, parse_run_prefix, parse_time

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
_TIME_CHARS = len("2026-02-22T01:29:17")
MIN_PREFIX_CHARS = 6
_MESSAGE_PREFIXES = (
    *("[INFO]", "[ERROR]", "[ERR]", "[DEBUG]", "[WARN]", "[TRACE]", "Retryable error", "RPC ", "Waiting for"),
    *("Check if machine", "Machine ", "Connected", "Opening ", "Uploading ", "closing", "Using ", "Building command"),
    *("Plugin address", "Serving a plugin", "Cancelling "),
)
"""How a provisioner's own messages start, unless they're about a file's exit code."""
_VERDICT_PREFIXES = (
    "Build '",
    "machine readable:",
    "==> Some builds",
    "==> Wait completed",
    "==> Builds finished",
    "--> azure-arm",
)
ECHO_PREFIX = "Found command:"
"""How a line of a script's own source starts in a debug log."""
_EXIT_CODE_MARK = "returned with exit code"
_BLANKS = frozenset("\t\n\f\r")


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
    if is_plain(text, text[:1]):
        return LogLine(number, "plain", text)
    pos, run_id, is_prefixed = parse_run_prefix(text)
    time, pos = parse_time(text, pos)
    component, pos = parse_component(text, pos)
    if component is not None:
        _, pos = parse_time(text, pos)
    return read_after_prefix(number, text, pos, time, run_id, is_prefixed, component)


get_number = attrgetter("number")
"""Returns a line's number."""


def read_after_prefix(
    number: int,
    text: str,
    pos: int,
    time: datetime | None,
    run_id: str | None,
    is_prefixed: bool,
    component: Component | None,
) -> LogLine:
    """Read what follows the prefix at `pos`, given what the prefix says."""
    is_ui = text.startswith(("ui: ", "ui error: "), pos)
    if is_ui:
        pos = text.index(": ", pos) + 2
    elif text.startswith(("ui:", "ui error:"), pos) and len(text) < pos + 10:  # An empty line whose blank was trimmed.
        return LogLine(number, "output", "", time, run_id, is_prefixed)
    return _classify_line(number, text[pos:], time, run_id, is_prefixed, component, is_ui)


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
    elif body.startswith(ECHO_PREFIX):
        source = "echo"
    elif component == "provisioner":
        source = classify_plugin_line(body)
    elif is_ui:
        source, body = "output", body.removeprefix("==> ")
    elif is_prefixed or component:
        source = "debug"
    else:
        source = "plain"
    return LogLine(number, source, body, time, run_id, is_prefixed, component)


def classify_plugin_line(body: str) -> LineSource:
    """Tell the messages of a provisioner's plugin from the script that it uploads, which it logs line by line."""
    if body.startswith(_MESSAGE_PREFIXES):
        return "debug"
    file, _, said = body.partition(" ")
    return "debug" if file and said.startswith(_EXIT_CODE_MARK) and _BLANKS.isdisjoint(file) else "echo"


def is_plain(text: str, first: str) -> bool:
    """Return whether a line that starts with the character `first` cannot have a prefix of any form."""
    if first not in _PREFIX_FIRST_CHARS or (len(text) < MIN_PREFIX_CHARS and first != "u"):
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
    return f"{time.isoformat()[:_TIME_CHARS]}Z" if time else None
