"""Tell secrets that are written in a script from what redaction hides to be safe, such as a variable that gets one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from knowledge.redaction.redact import REDACTED, redact_lines

_MIN_CHARS = 6
_LITERAL = re.compile(r"[\"']?[^\s$(){}\[\]<>\"';,]+[\"']?")
_CODE = re.compile(r"0x[0-9a-fA-F]+|[A-Za-z][A-Za-z_.-]*|[-/~.s]/?[A-Za-z/].*|%\w+%|\{\d\}|:[-?+=].*")
"""Numbers in hexadecimal, names, options, paths, and variables aren't secrets."""


def find_literal_secrets(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the index of each line that contains a secret, with the line as it may be shown."""
    for index, (line, redacted) in enumerate(zip(lines, redact_lines(lines), strict=True)):
        is_comment = line.lstrip().startswith("#")
        if line != redacted and not is_comment and any(map(_is_literal, _list_hidden(line, redacted))):
            yield index, redacted


def _list_hidden(line: str, redacted: str) -> Iterator[str]:
    """Yield the parts of a line that were hidden."""
    first, *others = redacted.split(REDACTED)
    position = len(first)
    for shown in others:
        end = line.find(shown, position) if shown else len(line)
        if end < 0:
            return
        yield line[position:end]
        position = end + len(shown)


def _is_literal(hidden: str) -> bool:
    text = hidden.strip()
    bare = text.strip("\"'")
    return len(bare) >= _MIN_CHARS and _LITERAL.fullmatch(text) is not None and _CODE.fullmatch(bare) is None
