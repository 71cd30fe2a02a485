"""Check that every quote, bracket, and keyword such as `if` of a shell script is closed.

A parser can refuse valid scripts. What it refuses, and what isn't closed here either, is certainly broken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from knowledge.scripts.delimiter_layout import DelimiterLayout
from knowledge.scripts.script_code import FaultKind, SyntaxFault

_IN_CODE = re.compile(
    r"(?P<skip>\\.|'[^']*'|\$'(?:[^'\\]|\\.)*')|(?P<open>\$\(\(|\$\(|\$\{|\(\(|[\"`('])|(?P<close>\)\)?|\}(?=[\s;&|)<>]|$))"
    r"|(?P<here><<-?[ \t]*(?P<mark>\\?[\w.-]{1,60}|'[^'\n]{1,60}'|\"[^\"\n]{1,60}\"))|(?P<string><<<)"
    r"|(?P<comment>(?<![^\s;&|()])\#[^\n]*)|(?P<end>\n|;;&|;;|;&|[;|&])|(?P<word>[^\s;&|()'\"`\\$<>}]+|\}+|\$)",
    re.DOTALL,
)
_IN_STRING = re.compile(r"(?P<skip>\\.)|(?P<open>\$\(\(|\$\(|\$\{|`)|(?P<close>\")", re.DOTALL)
_IN_EXPANSION = re.compile(
    r"(?P<skip>\\.|'[^']*'(?=[^']*\}))|(?P<open>\$\(\(|\$\(|\$\{|[`\"])|(?P<close>\})", re.DOTALL
)
_IN_QUOTED_EXPANSION = re.compile(r"(?P<skip>\\.)|(?P<open>\$\(\(|\$\(|\$\{|[`\"])|(?P<close>\})", re.DOTALL)
_IN_ARITHMETIC = re.compile(r"(?P<skip>\\.)|(?P<open>\$\(\(|\$\(|\$\{|[`\"(])|(?P<close>\))", re.DOTALL)
_OPENERS: Mapping[str, str] = {"fi": "if", "done": "do", "esac": "case"}
_BEFORE_COMMAND = frozenset({"then", "do", "else", "elif", "if", "while", "until", "!", "time", "{", "}", "function"})
_KINDS: Mapping[str, FaultKind] = {
    '"': "quote",
    "'": "quote",
    "`": "quote",
    "if": "keyword",
    "do": "keyword",
    "case": "keyword",
}
_MAX_DOCUMENTS = 10
"""How many documents can begin on one line."""


class _Opener(NamedTuple):
    """Something that's open.

    `mark` is a bracket, a quote, or a keyword; `((` for each half of `$((`, `=(` for a list, `in` for a pattern.
    """

    mark: str
    start: int


def find_shell_fault(text: str) -> SyntaxFault | None:
    """Look for the first delimiter that lacks its other half."""
    return _Scanner(text).scan()


class _Scanner:
    """Goes through a script once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._open: list[_Opener] = []
        self._is_command = True
        self._names_function = False
        self._loop_words = 0
        self._documents: list[str] = []
        self._fault: SyntaxFault | None = None
        self._layout = DelimiterLayout(text)

    def scan(self) -> SyntaxFault | None:
        """Return the first fault."""
        position = 0
        while (match := self._choose_pattern().search(self.text, position)) is not None:
            position = self._read(match)
        strings = [opener for opener in self._open if _KINDS.get(opener.mark) == "quote"]
        if strings:
            return self._layout.find_open_quote(strings[-1].start)
        if self._fault is None and self._open:
            opener = next(opener for opener in reversed(self._open) if opener.mark != "in")
            self._fault = SyntaxFault(opener.start, _KINDS.get(opener.mark, "bracket"))
        return self._layout.refine(self._fault)

    @property
    def _top(self) -> str:
        return self._open[-1].mark if self._open else ""

    def _choose_pattern(self) -> re.Pattern[str]:
        if self._top == "${":
            is_quoted = any(opener.mark == '"' for opener in self._open[-2:-1])
            return _IN_QUOTED_EXPANSION if is_quoted else _IN_EXPANSION
        return {'"': _IN_STRING, "((": _IN_ARITHMETIC}.get(self._top, _IN_CODE)

    def _read(self, match: re.Match[str]) -> int:
        """Take what was found, and return where to go on."""
        groups = match.groupdict()
        if groups["skip"] is not None:
            if match[0].startswith("'"):
                self._layout.note_string(match.start(), match.end())
            self._is_command = self._is_command and match[0] == "\\\n"
        elif groups["open"] is not None:
            return self._open_delimiter(match[0], match.start())
        elif groups["close"] is not None:
            return self._close(match[0], match.start())
        elif groups["here"] is not None:
            if len(self._documents) < _MAX_DOCUMENTS:
                self._documents.append(groups["mark"])
            self._is_command = False
        elif groups["end"] is not None:
            return self._end_command(match[0], match.end())
        elif groups["word"] is not None:
            self._read_word(match[0], match.start())
        return match.end()

    def _open_delimiter(self, found: str, start: int) -> int:
        self._loop_words = 0
        if found == "`" and any(opener.mark == "`" for opener in self._open):
            return self._close(found, start)
        if found == "((" and not self._is_command:
            found = "("
        end = start + len(found)
        before = self.text[start - 1 : start]
        if found == "(" and self._top == "in" and before not in tuple("?*+@!"):
            return end  # a pattern can begin with a bracket
        if found in ("((", "$(("):
            self._open += [_Opener("((", start), _Opener("((", start)]
            return end
        if found == "(":
            found = "((" if self._top == "((" else "=(" if before in tuple("=?*+@!") else "("
        self._open.append(_Opener(found, start))
        self._is_command = found in ("$(", "(", "`")
        return end

    def _close(self, found: str, start: int) -> int:
        mark, top = found[0], self._top
        if mark == ")" and top == "in":
            self._open.pop()
            self._is_command = True
            return start + 1
        wanted = {")": ("(", "$(", "=(", "(("), "}": ("{", "${"), '"': ('"',), "`": ("`",)}[mark]
        if mark == "}" and top != "${" and not self._is_command:
            return start + 1  # an argument, or the end of a brace expansion
        if top in wanted:
            self._note_closed(start + 1)
            self._is_command = top in ("(", "{")
        else:
            self._refuse(wanted, start)
        return start + 1

    def _note_closed(self, end: int) -> None:
        opener = self._open.pop()
        if opener.mark == '"':
            self._layout.note_string(opener.start, end)
        elif opener.mark == "{":
            self._layout.note_pair(opener.start, end - 1, "bracket")

    def _end_command(self, found: str, end: int) -> int:
        self._is_command = self._top != "=("
        if self._top == "case" and found in (";;", ";&", ";;&"):
            self._open.append(_Opener("in", end))
        if found == "\n" and self._documents:
            end = _find_document_end(self.text, end, self._documents)
            self._documents = []
        return end

    def _read_word(self, word: str, start: int) -> None:
        if self._top == "in":
            if word == "esac":
                self._open.pop()
                self._close_keyword("case", start)
            return
        if word == "in" and self._top == "case" and not self._is_command:
            self._open.append(_Opener("in", start))
        if self._loop_words:  # `for name do` needs no `in`
            self._loop_words -= 1
            self._is_command = word == "do" and self._loop_words == 0
        if not self._is_command:
            return
        if self._names_function:
            self._names_function = False
            return
        following = self.text[start + len(word) : start + len(word) + 1]
        if word in ("if", "do", "case") or (word == "{" and not following.strip()):
            self._open.append(_Opener(word, start))
            self._is_command = word != "case"
        elif word in _OPENERS:
            self._close_keyword(_OPENERS[word], start)
        else:
            self._names_function = word == "function"
            self._loop_words = 2 if word in ("for", "select") else 0
            self._is_command = word in _BEFORE_COMMAND

    def _close_keyword(self, opener: str, start: int) -> None:
        self._is_command = True
        if self._top == opener:
            self._layout.note_pair(self._open.pop().start, start, "keyword")
        else:
            self._refuse((opener,), start)

    def _refuse(self, wanted: tuple[str, ...], start: int) -> None:
        """Note the first closer that closes nothing, or doesn't close what was opened last."""
        outer = next((opener for opener in reversed(self._open) if opener.mark in wanted), None)
        if outer is None:
            self._fault = self._fault or SyntaxFault(start, "stray")
            return
        top = self._open[-1]
        self._fault = self._fault or SyntaxFault(top.start, _KINDS.get(top.mark, "bracket"))
        del self._open[self._open.index(outer) :]


def _find_document_end(text: str, position: int, marks: list[str]) -> int:
    for mark in marks:
        name = re.escape(mark.strip("'\"\\"))
        match = re.compile(rf"^\t*{name}[ \t]*$", re.MULTILINE).search(text, position)
        position = match.end() if match else len(text)
    return position
