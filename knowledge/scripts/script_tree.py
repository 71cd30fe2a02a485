"""Parse a script with the grammar of its language, within limits that hostile scripts can't exceed.

Offsets in the tree are those of the script: each character becomes one byte for the parser.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from functools import cache
from itertools import count
from typing import TYPE_CHECKING

from knowledge.scripts.script_code import ScriptLanguage

if TYPE_CHECKING:
    from tree_sitter import Language, Node

MAX_SCRIPT_CHARS = 256 << 10
_MAX_CPU_SECONDS = 0.5
"""The longest of 2,000 public scripts takes a tenth of it."""
_MAX_PIPES = 2000
"""At the end of an unfinished pipeline, the shell's parser needs memory for the square of its length at once."""
_CHUNK_CHARS = 1 << 16
_CALLS_PER_CHECK = 8
"""Reading the clock can take longer than what the parser does between two calls."""
_SUBSTITUTES: Mapping[ScriptLanguage, Mapping[int, str]] = {
    "powershell": str.maketrans({**dict.fromkeys("“”„", '"'), **dict.fromkeys("‘’‚‛", "'"), **dict.fromkeys("–—―", "-"),
                                 **dict.fromkeys("\u00a0\u0085\ufeff", " ")}),
    "shell": str.maketrans({"\ufeff": " "}),
}  # fmt: skip
"""What PowerShell takes for an ASCII character."""
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_CONTINUED_CRLF = re.compile(r"\\\r\n")


def parse_script(text: str, language: ScriptLanguage) -> Node | None:
    """Return the root of the script's syntax tree; None if the script is beyond the limits."""
    if len(text) > MAX_SCRIPT_CHARS or (language == "shell" and text.count("|") > _MAX_PIPES):
        return None
    from tree_sitter import Parser  # only who checks scripts needs it

    source = _to_ascii(text, language)
    deadline = time.thread_time() + _MAX_CPU_SECONDS
    calls = count()
    try:
        tree = Parser(_load_language(language)).parse(
            lambda offset, _: source[offset : offset + _CHUNK_CHARS],
            progress_callback=lambda *_: next(calls) % _CALLS_PER_CHECK == 0 and time.thread_time() > deadline,
        )
    except ValueError:  # it was stopped
        return None
    return tree.root_node


@cache
def _load_language(language: ScriptLanguage) -> Language:
    from tree_sitter import Language

    if language == "shell":
        import tree_sitter_bash

        return Language(tree_sitter_bash.language())
    import tree_sitter_pwsh

    return Language(tree_sitter_pwsh.language())


def _to_ascii(text: str, language: ScriptLanguage) -> bytes:
    """Write one byte for each character, with the same meaning for the parser."""
    if language == "shell":
        text = _CONTINUED_CRLF.sub(" \\\\\n", text).replace("\r\n", " \n")
    return _NOT_ASCII.sub("x", text.translate(_SUBSTITUTES[language])).encode("ascii")
