"""Parse all lines of a text at once, in a fraction of the time that parsing each by itself takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from knowledge.text.line_prefix import Component, parse_component, parse_run_prefix, parse_time
from knowledge.text.lines import (
    ECHO_PREFIX,
    MIN_PREFIX_CHARS,
    LogLine,
    classify_plugin_line,
    is_plain,
    read_after_prefix,
    read_line,
)
from knowledge.text.log_lines import LogLines, PlainLines
from knowledge.text.text_lines import TextLines, collect_lines

_BUILDER_MARKS = frozenset(("ui: ==> azure-arm: ", "ui:     azure-arm: "))
_BUILDER_MARK_CHARS = len(next(iter(_BUILDER_MARKS)))
_UNTIMED_BUILDER_MARKS = frozenset(("==> azure-arm: ", "    azure-arm: "))
_UNTIMED_FIRST_CHARS = frozenset("[P= \t")
_UNTIMED_BUILDER_MARK_CHARS = len(next(iter(_UNTIMED_BUILDER_MARKS)))
_BUILDER_ERROR_MARK = "ui error: ==> azure-arm: "
_EMPTY_UI_LINES = ("ui: ", "ui:")  # The blank may have been trimmed.
# What follows a prefix starts with one of these if it's more than debug: a verdict, a line of the builder or the user
# interface, echoed source, or a component.
_SIGNIFICANT = frozenset("Bm=- aFup")

# A NamedTuple's own constructor is a slower Python function around this one.
_build_line = partial(tuple.__new__, LogLine)
_UNKNOWN = "\0"
"""No line starts with it: normalization removes NUL."""


def read_lines(text_lines: TextLines | Iterable[tuple[int, str]]) -> LogLines | PlainLines:
    """Parse many lines. The result is that of `read_line` for each."""
    text_lines = collect_lines(text_lines)
    return PlainLines(text_lines) if _are_too_short(text_lines.texts) else _LineReader().read(text_lines)


def _are_too_short(texts: Sequence[str]) -> bool:
    """Return whether no text can have a prefix. The shortest is that of an empty line of the user interface."""
    joined = "\n".join(texts)
    if len(joined) >= len(texts) * MIN_PREFIX_CHARS or _EMPTY_UI_LINES[1] in joined:
        return False
    return max(map(len, texts)) < MIN_PREFIX_CHARS


class _LineReader:
    """Reads lines that share their prefixes: a run's prefix and time, and a component's name, are parsed once."""

    def __init__(self) -> None:
        self._prefix = self._stamp = self._head = _UNKNOWN
        """What the line before started with: a run's prefix, a time, and both."""
        self._run_id: str | None = None
        self._time: datetime | None = None
        self._untimed_prefix = ""
        self._untimed_run_id: str | None = None
        """The last run's prefix without a time after it, as in older logs; a log of Packer itself has none."""
        self._plugin = _UNKNOWN
        """The name of the last component that isn't a provisioner's, as it's written before its lines."""

    def read(self, text_lines: TextLines) -> LogLines:
        """Return the lines, parsed."""
        rows: list[tuple[object, ...]] = []
        head, plugin, time, run_id, pos, mark_end = _UNKNOWN, _UNKNOWN, None, None, 0, 0
        for number, text in zip(text_lines.numbers, text_lines.texts, strict=True):
            if not text.startswith(head):
                if not text.startswith(self._prefix):
                    if is_plain(text, text[:1]):
                        rows.append((number, "plain", text, None, None, False, None))
                        continue
                    # parsing a prefix takes longer than comparing it
                    if text[:1] in _UNTIMED_FIRST_CHARS and (row := self._read_untimed_output(number, text)):
                        rows.append(row)
                        continue
                if not self._read_head(text):
                    rows.append(read_line(number, text))
                    continue
                # Packer logs what a plugin wrote with the plugin's own time, which is nearly always the line's.
                head, plugin, time, run_id = self._head, self._plugin + self._stamp, self._time, self._run_id
                pos = len(head)
                mark_end = pos + _BUILDER_MARK_CHARS
            if text[pos:mark_end] in _BUILDER_MARKS:
                rows.append((number, "output", text[mark_end:].rstrip(), time, run_id, True, None))
            elif text.startswith(plugin, pos) and text[(end := pos + len(plugin)) : end + 1] not in _SIGNIFICANT:
                rows.append((number, "debug", text[end:], time, run_id, True, "packer"))
            elif text[pos : pos + 1] not in _SIGNIFICANT:
                rows.append((number, "debug", text[pos:], time, run_id, True, None))
            else:
                rows.append(self._read_significant(number, text, pos))
                plugin = self._plugin + self._stamp
        return LogLines(map(_build_line, rows))

    def _read_untimed_output(self, number: int, text: str) -> tuple[object, ...] | None:
        """Read a line of the builder with the last prefix without a time; return `None` for any other line."""
        prefix = self._untimed_prefix
        pos = len(prefix)
        end = pos + _UNTIMED_BUILDER_MARK_CHARS
        if text[pos:end] not in _UNTIMED_BUILDER_MARKS or not text.startswith(prefix):
            return None
        return number, "output", text[end:].rstrip(), None, self._untimed_run_id, bool(prefix), None

    def _read_head(self, text: str) -> bool:
        """Read a run's prefix and the time after it; return whether the line starts with both."""
        if text.startswith(self._prefix):
            start, run_id = len(self._prefix), self._run_id
        else:
            start, run_id, is_prefixed = parse_run_prefix(text)
            if not is_prefixed:
                return False
        time, end = parse_time(text, start)
        if time is None or text[end - 1 : end] != " ":
            self._untimed_prefix, self._untimed_run_id = text[:start], run_id
            return False
        self._prefix, self._run_id = text[:start], run_id
        self._stamp, self._head, self._time = text[start:end], text[:end], time
        return True

    def _read_significant(self, number: int, text: str, pos: int) -> tuple[object, ...]:
        """Read a line that may be more than debug from the position after its prefix and its time."""
        component: Component | None = None
        if text.startswith("packer", pos):
            component, end = parse_component(text, pos)
            if component is not None:
                if component == "packer":
                    self._plugin = text[pos:end]
                pos = end + len(self._stamp) if text.startswith(self._stamp, end) else parse_time(text, end)[1]
                body = text[pos:]
                if body.startswith(ECHO_PREFIX):
                    return number, "echo", body, self._time, self._run_id, True, component
                if body[:1] not in _SIGNIFICANT:
                    source = classify_plugin_line(body) if component == "provisioner" else "debug"
                    return number, source, body, self._time, self._run_id, True, component
        elif text.startswith(_BUILDER_ERROR_MARK, pos):
            body = text[pos + len(_BUILDER_ERROR_MARK) :].rstrip()
            return number, "output", body, self._time, self._run_id, True, None
        elif text[pos:] in _EMPTY_UI_LINES:
            return number, "output", "", self._time, self._run_id, True, None
        return read_after_prefix(number, text, pos, self._time, self._run_id, True, component)
