"""The rows of a timeline, drawn with characters: what each one consists of, and how they look as plain text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from dialogs.model.duration_bars import BarState, DurationBar, DurationBars
from dialogs.replies.durations import format_duration

MAX_BAR_CHARS = 10
"""The length of the longest bar; a phone has to show a name and a duration beside it."""
GetText = Callable[[str], str]
"""Returns one of our texts by its key, in the language of the reply."""
PieceKind = Literal["work", "silence", "free"]

_MARKS: Mapping[BarState, str] = {"failed": "✖", "stopped": "✖", "running": "●"}
_WORK, _OWN_WORK, _SILENCE, _FREE, _LIMIT = "▇", "▂", "░", "·", "┊"
_COLUMN_GAP = "  "
_MAX_NAME_CHARS = 48  # longer names push their bar to the right
_MIN_NAME_CHARS = 16
"""A name that would get less room goes on a separate line."""
_MIN_DESCRIPTION_CHARS, _MAX_DESCRIPTION_CHARS = 12, 20  # the longer ones are wrapped


class BarRow(NamedTuple):
    """A row as it's shown: a mark if it went wrong or runs, its name, the pieces of its bar, and its description.

    `note` is below the bar: how long the step was silent, or that the time limit stopped it. A row without a time
    has its description in place of the bar.
    """

    mark: str
    name: str
    pieces: tuple[tuple[str, PieceKind], ...]
    description: str
    note: str
    state: BarState
    is_own: bool

    @property
    def bar(self) -> str:
        """The bar as a text."""
        return "".join([text for text, _ in self.pieces])

    @property
    def has_time(self) -> bool:
        """Whether the description begins with a time."""
        return bool(self.pieces) or self.state not in ("pending", "waiting", "unseen")


class BarLine(NamedTuple):
    """A line of a timeline as plain text."""

    text: str
    state: BarState
    is_own: bool


def build_bar_rows(bars: DurationBars, get_text: GetText) -> list[BarRow]:
    """Build the rows of a timeline."""
    longest = max([bar.seconds or 0 for bar in bars.rows if not bar.limit_seconds], default=0)
    return [_build_row(bar, longest, get_text) for bar in bars.rows]


def render_bar_lines(bars: DurationBars, get_text: GetText, width: int | None = None) -> list[BarLine]:
    """Render a timeline as aligned lines, of which none is longer than `width`, if that's given and not tiny."""
    rows = build_bar_rows(bars, get_text)
    gutter = 2 if any(row.mark for row in rows) else 0
    name_width = min(max([len(row.name) for row in rows], default=0), _MAX_NAME_CHARS)
    description_width = None
    if width is not None:
        room = width - gutter - MAX_BAR_CHARS - 2 * len(_COLUMN_GAP)
        widest = max((len(row.description) for row in rows), default=0)
        name_width = min(name_width, room - max(_MIN_DESCRIPTION_CHARS, min(widest, _MAX_DESCRIPTION_CHARS)))
        if name_width < _MIN_NAME_CHARS and any(len(row.name) > name_width for row in rows):
            return _render_stacked(rows, gutter, width)
        description_width = room - name_width
    return [
        BarLine(line, row.state, row.is_own)
        for row in rows
        for line in _render_row(row, gutter, name_width, description_width)
    ]


def _render_stacked(rows: Sequence[BarRow], gutter: int, width: int) -> list[BarLine]:
    """Render the rows for a very narrow terminal: each name is above its bar."""
    lines = []
    for row in rows:
        names = _wrap_name(row.name, max(1, width - gutter))
        texts = [f"{row.mark if at == 0 else '':{gutter}}{name}" for at, name in enumerate(names)]
        nameless = row._replace(name="", mark="")
        if row.has_time:
            texts += _render_row(nameless, gutter, 0, max(1, width - gutter - MAX_BAR_CHARS - 2 * len(_COLUMN_GAP)))
        else:
            texts.append(f"{'':{gutter}}{_COLUMN_GAP}{row.description}")
        lines += [BarLine(text, row.state, row.is_own) for text in texts if text]
    return lines


def _build_row(bar: DurationBar, longest: int, get_text: GetText) -> BarRow:
    return BarRow(
        _MARKS.get(bar.state, ""),
        bar.name,
        _draw_against_limit(bar) if bar.limit_seconds else _draw(bar, longest),
        _describe(bar, get_text),
        _note(bar, get_text),
        bar.state,
        bar.is_own,
    )


def _describe(bar: DurationBar, get_text: GetText) -> str:
    duration = format_duration(bar.seconds) if bar.seconds is not None else ""
    if bar.limit_seconds and duration:
        return get_text("reply.bar.of-limit").format(took=duration, limit=format_duration(bar.limit_seconds))
    if bar.state == "ended":
        return duration
    label = get_text(f"reply.bar.{bar.state}")
    return f"{duration}, {label}" if duration else label


def _note(bar: DurationBar, get_text: GetText) -> str:
    if bar.silent_seconds:
        silence = get_text("reply.bar.silent").format(duration=format_duration(bar.silent_seconds))
        return f"{_SILENCE} {silence}"
    return get_text("reply.bar.at-limit") if bar.limit_seconds and bar.state == "stopped" else bar.note


def _draw(bar: DurationBar, longest: int) -> tuple[tuple[str, PieceKind], ...]:
    """Draw a bar whose length is relative to the longest row's; what the step was silent for is hatched."""
    if not bar.seconds or not longest:
        return ((_WORK, "work"),) if bar.state in ("failed", "stopped") and bar.seconds is not None else ()
    work: str = _OWN_WORK if bar.is_own else _WORK
    length = max(1, round(MAX_BAR_CHARS * bar.seconds / longest))
    if not bar.silent_seconds:
        return ((work * length, "work"),)
    silent = min(length, max(1, round(length * bar.silent_seconds / bar.seconds)))
    before = min(length - silent, round(length * bar.silent_from / bar.seconds))
    pieces: tuple[tuple[str, PieceKind], ...] = (
        (work * before, "work"),
        (_SILENCE * silent, "silence"),
        (work * (length - before - silent), "work"),
    )
    return tuple(piece for piece in pieces if piece[0])


def _draw_against_limit(bar: DurationBar) -> tuple[tuple[str, PieceKind], ...]:
    """Draw how much of the time limit was used, up to the mark of the limit."""
    room = MAX_BAR_CHARS - 1
    used = min(room, max(1, room * (bar.seconds or 0) // bar.limit_seconds))
    return ((_WORK * used, "work"), (_FREE * (room - used) + _LIMIT, "free"))


def _render_row(row: BarRow, gutter: int, name_width: int, description_width: int | None) -> list[str]:
    if description_width is None and not row.note:
        right = f"{row.bar:{MAX_BAR_CHARS}}{_COLUMN_GAP}{row.description}" if row.has_time else row.description
        return [_align(row.mark, row.name, right, gutter, name_width)]
    names, descriptions = [row.name], [row.description]
    if description_width is not None:
        names = _wrap_name(row.name, name_width)
        descriptions = _wrap(row.description, description_width) or [""]
    rights = [row.description]
    if row.has_time:
        rights = [f"{row.bar:{MAX_BAR_CHARS}}{_COLUMN_GAP}{descriptions[0]}"]
        rights += [f"{'':{MAX_BAR_CHARS}}{_COLUMN_GAP}{description}" for description in descriptions[1:]]
    if row.note:
        room = MAX_BAR_CHARS + len(_COLUMN_GAP) + (description_width or len(row.note))
        rights += _wrap(row.note, room)
    lines = []
    for at in range(max(len(names), len(rights))):
        mark = row.mark if at == 0 else ""
        name, right = names[at] if at < len(names) else "", rights[at] if at < len(rights) else ""
        lines.append(_align(mark, name, right, gutter, name_width))
    return lines


def _align(mark: str, name: str, right: str, gutter: int, name_width: int) -> str:
    return f"{mark:{gutter}}{name:{name_width}}{_COLUMN_GAP}{right}".rstrip()


def _wrap_name(name: str, width: int) -> list[str]:
    """Wrap a name so that the rest is aligned with its beginning, not its number."""
    if not name:
        return [""]
    indent = len(name) - len(name.lstrip("0123456789 "))
    return _wrap(name, width, " " * min(indent, width // 2), at_hyphens=True) or [""]


def _wrap(text: str, width: int, indent: str = "", at_hyphens: bool = False) -> list[str]:
    import textwrap  # few timelines have a text to wrap

    return textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=at_hyphens)
