"""Pasted text becomes readable, and each line keeps the number of its physical line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.text.normalization import MAX_LINE_CHARS, normalize_lines, normalize_text, unescape_json
from knowledge.text.text_lines import TextLine

READABLE = [
    # pasted, then the lines as (number, text)
    ("plain text", [(1, "plain text")]),
    ("a\r\nb\r\n", [(1, "a"), (2, "b")]),
    ("a\n\n\nb", [(1, "a"), (4, "b")]),
    ("\x1b[1;32m==> azure-arm: green\x1b[0m", [(1, "==> azure-arm: green")]),
    ("[1;32m==> azure-arm: green[0m", [(1, "==> azure-arm: green")]),
    ("npm error ^[[2K^[[1A^[[G[node-gyp] Cloning", [(1, "npm error [node-gyp] Cloning")]),
    ("items[3] and list[10m]", [(1, "items[3] and list[10m]")]),
    ("1%\r50%\r100%", [(1, "1%"), (1, "50%"), (1, "100%")]),
    ("it\u2019s \u201cquoted\u201d\u00a0here", [(1, 'it\'s "quoted" here')]),
    ("zero\u200bwidth and \u202eturned", [(1, "zerowidth and turned")]),
    ("<p>one<br>two</p>", [(1, "one"), (1, "two")]),
    ("a &gt; b &amp;amp; c", [(1, "a > b & c")]),
    (
        r"{\"code\": \"QuotaExceeded\", \"message\": \"one\ntwo\"}",
        [(1, '{"code": "QuotaExceeded", "message": "one'), (1, 'two"}')],
    ),
    (r"{\\\"code\\\": \\\"X\\\"}", [(1, '{"code": "X"}')]),
    (r"sig=a\u0026se=b", [(1, "sig=a&se=b")]),
    (r"C:\Windows\Temp\new\report.ps1", [(1, r"C:\Windows\Temp\new\report.ps1")]),
    (r"\\files\tools and c:\\new\\x.ps1", [(1, r"\\files\tools and c:\new\x.ps1")]),
    ("nul\x00byte", [(1, "nulbyte")]),
    ("a <b and c> d", [(1, "a <b and c> d")]),
]


@pytest.mark.parametrize(("pasted", "lines"), READABLE, ids=[repr(case[0])[:50] for case in READABLE])
def test_pasted_text_becomes_readable(pasted: str, lines: list[tuple[int, str]]) -> None:
    assert [tuple(line) for line in normalize_text(pasted)] == lines


@pytest.mark.parametrize(("pasted", "lines"), READABLE[4:8], ids=[repr(case[0])[:50] for case in READABLE[4:8]])
def test_the_lines_of_a_large_log_become_as_readable(pasted: str, lines: list[tuple[int, str]]) -> None:
    assert [tuple(line) for line in normalize_lines([TextLine(1, pasted)])] == lines


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_an_error_in_json_in_json_is_unpacked(depth: int) -> None:
    text = 'Policy "Deny public access" said no'
    for _ in range(depth):
        text = json.dumps({"message": text})
    assert 'Policy "Deny public access" said no' in " ".join(line.text for line in normalize_text(text))


def test_a_very_long_line_is_cut() -> None:
    assert [len(line.text) for line in normalize_text("x" * (MAX_LINE_CHARS * 3))] == [MAX_LINE_CHARS]


@given(st.text(max_size=2000))
def test_any_text_gives_pieces_that_point_into_it(text: str) -> None:
    last = text.replace("\r\n", "\n").count("\n") + 1
    numbers = [line.number for line in normalize_text(text)]
    assert numbers == sorted(numbers)
    assert all(1 <= number <= last for number in numbers)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('{\\"a\\": \\"b\\\\c\\/d\\"}', '{"a": "b\\c/d"}'),
        ('\\"a\\tb\\nc\\rd\\"', '"a b\nc\nd"'),
        ('\\"\\u00e8 \\u0007 \\ud83d \\u00g0 \\u12\\"', '"è     \\u00g0 \\u12"'),
        ('\\"x\\\\\\\\y\\', '"x\\\\y\\'),
    ],
)
def test_every_escape_of_json_is_undone(written: str, read: str) -> None:
    assert unescape_json(written) == read


def test_the_marks_of_a_quotation_are_taken_off() -> None:
    text = "see below\n> ==> azure-arm: Timeout waiting for WinRM.\n> > Build 'azure-arm' errored\n>>> kept"
    assert [line.text for line in normalize_text(text)] == [
        "see below",
        "==> azure-arm: Timeout waiting for WinRM.",
        "Build 'azure-arm' errored",
        ">>> kept",
    ]


def test_what_only_some_lines_begin_with_is_no_quotation() -> None:
    text = "one\n> two\nthree\nfour"
    assert [line.text for line in normalize_text(text)] == text.split("\n")


LINE_PARTS = [
    "a",
    "C:\\x",
    "C:\\\\y",
    '\\"',
    "\\n",
    "\\u0022",
    "&amp;",
    "&",
    "<p>",
    "\r",
    "\u2019",
    "\x1b[0m",
    "[0m",
    "\x08",
    " ",
]


@given(st.lists(st.lists(st.sampled_from(LINE_PARTS), min_size=1, max_size=5).map("".join), max_size=6))
def test_a_line_becomes_the_same_beside_any_others(texts: list[str]) -> None:
    together = list(normalize_lines(enumerate(texts, 1)))
    assert together == [line for number, text in enumerate(texts, 1) for line in normalize_lines([(number, text)])]
