"""Write errors to standard error. They name files and arguments, in which anybody can have put an escape sequence."""

from __future__ import annotations

import sys


def print_error(text: str) -> None:
    """Write an error, of one or more lines, with its control characters made visible."""
    # deferred: most commands have no error to write
    from dialogs.replies.plain_text import sanitize_text

    sys.stderr.write(f"{sanitize_text(text)}\n")
