"""Any text becomes a single shell word, unchanged: proven by bash itself, and by PowerShell's rules."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from knowledge.commands.shell_words import quote_for_bash, quote_for_powershell

BASH = shutil.which("bash")
HOSTILE = (
    st.lists(
        st.sampled_from(
            [
                "'",
                '"',
                "`id`",
                "$(id)",
                "$HOME",
                "\\",
                "\n",
                "-n",
                "--x",
                "@f",
                ";",
                "|",
                "&",
                "!!",
                "%PATH%",
                "\u2019",
                "\t",
            ]
        )
        | st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6),
        max_size=8,
    )
).map("".join)


@pytest.mark.skipif(BASH is None, reason="needs bash: install it")
@settings(max_examples=60, deadline=None)
@given(st.lists(HOSTILE, max_size=12))
@example(["'", "$(touch x)", "a\nb", "`id`", "-rf", "@x", "", "\\'", "'; exit 3; '", "!1", "~", "*"])
def test_bash_gets_every_text_as_it_is(texts: list[str]) -> None:
    script = "printf '%s\\0' " + " ".join(quote_for_bash(text) for text in texts) + " end"
    ran = subprocess.run([str(BASH), "-c", script], capture_output=True, check=True)
    assert ran.stdout.decode("utf-8").split("\0")[:-1] == [*texts, "end"]
    assert ran.stderr == b""


@given(HOSTILE)
@example("\u2018\u2019\u201a\u201b'")
def test_powershell_finds_no_quote_that_ends_the_word(text: str) -> None:
    word = quote_for_powershell(text)
    inside = word[1:-1]
    assert word[0] == word[-1] == "'"
    # within single quotes PowerShell knows one rule: two quotes, of whatever kind, are one
    assert re.sub("(['\u2018\u2019\u201a\u201b])\\1", r"\1", inside) == text
    assert not set(re.sub("(['\u2018\u2019\u201a\u201b])\\1", "", inside)) & set("'\u2018\u2019\u201a\u201b")


def test_powershell_gets_hostile_texts_as_they_are_where_it_is_at_hand() -> None:
    if not shutil.which("pwsh"):
        return  # nothing needs PowerShell here: its rules are tested above
    texts = ["it's", "$(Get-Date) $env:PATH", "a\nb", "`n", "\u2019; exit 3; \u2018", "@x", "-n"]
    script = "; ".join(f"[Console]::Out.Write({quote_for_powershell(text)} + [char]0)" for text in texts)
    ran = subprocess.run(["pwsh", "-NoProfile", "-Command", script], capture_output=True, check=True)
    assert ran.stdout.decode("utf-8").split("\0")[:-1] == texts


def test_a_nul_is_left_out() -> None:
    assert quote_for_bash("a\0b") == "ab"
    assert quote_for_powershell("a\0b") == "'ab'"
