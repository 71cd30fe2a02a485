"""Shows on standard error how much of a large file has been read, if a person is watching."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

_MIN_BYTES = 32 << 20
"""A smaller file is read before anyone could see its progress."""
_MEGABYTE = 1 << 20
_STEP_BYTES = 8 << 20


@contextlib.contextmanager
def show_progress(name: str, size: int) -> Iterator[Callable[[int], None] | None]:
    """Yield what to call with the number of bytes read so far; `None` for a small file, or if nobody is watching."""
    if size < _MIN_BYTES or not sys.stderr.isatty():
        yield None
        return
    # deferred: hardly any file is that large
    from dialogs.replies.plain_text import sanitize_line

    label = sanitize_line(Path(name).name)
    shown = 0

    def report(count: int) -> None:
        nonlocal shown
        if count - shown >= _STEP_BYTES:
            shown = count
            sys.stderr.write(f"\r{label}: {count // _MEGABYTE} of {size // _MEGABYTE} MB")
            sys.stderr.flush()

    try:
        yield report
    finally:
        sys.stderr.write("\r\x1b[K" if shown else "")
        sys.stderr.flush()
