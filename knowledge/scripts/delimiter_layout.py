"""Where a missing delimiter most likely belongs: what indentation and neighboring characters tell."""

from __future__ import annotations

from knowledge.scripts.script_code import FaultKind, SyntaxFault

_LEADS_IN = frozenset(" \t\r\n(,=@+;{[:")


class DelimiterLayout:
    """Collects what looks misplaced while a script is scanned, in the order of the script."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._inverted: int | None = None
        self._long: int | None = None
        self._misindented: SyntaxFault | None = None

    def note_string(self, start: int, end: int) -> None:
        """Look at a string. One that begins where another should end is followed by the other's text."""
        text, after = self._text, self._text[end : end + 1]
        if self._inverted is None and text[end - 2] in _LEADS_IN and (after.isalnum() or after in ("$", "\\", "/")):
            self._inverted = start
        if self._long is None and "\n" in text[start:end]:
            self._long = start

    def note_pair(self, opener: int, closer: int, kind: FaultKind) -> None:
        """Compare indentations. If they differ, the other half of one of the two is probably missing."""
        if self._misindented is not None:
            return
        line = self._text.rfind("\n", 0, closer) + 1
        if self._text[line:closer].strip():
            return
        indent, wanted = closer - line, self._measure_indent(opener)
        if indent < wanted:
            self._misindented = SyntaxFault(opener, kind)
        elif indent > wanted:
            self._misindented = SyntaxFault(closer, "stray")

    def find_open_quote(self, last: int) -> SyntaxFault:
        """Return the string to blame if the one at `last` is open: after a missing quote, all others are inverted."""
        found = (self._inverted, self._long, last)
        return SyntaxFault(next(start for start in found if start is not None), "quote")

    def refine(self, fault: SyntaxFault | None) -> SyntaxFault | None:
        """Return the place to blame for a bracket or a keyword."""
        misindented = self._misindented
        if fault is None or misindented is None:
            return fault
        return misindented if (misindented.kind == "stray") == (fault.kind == "stray") else fault

    def _measure_indent(self, position: int) -> int:
        line = self._text.rfind("\n", 0, position) + 1
        rest = self._text[line:position]
        return len(rest) - len(rest.lstrip())
