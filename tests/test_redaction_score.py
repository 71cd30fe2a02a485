"""Places of secrets that no outlet may show, useful lines that must stay, and the property that ties both together."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from knowledge.redaction.redact import redact
from tests.knowledge.redaction.test_places import fill, is_shown, list_examples
from tests.knowledge.redaction.test_redact import PLACES
from tests.redaction_score import OUTLETS, collect_shown, find_changed_lines, find_shown, main, make_secret, read_places
from tests.reporting import failures_together

FIXTURES = Path(__file__).parent / "knowledge" / "redaction"
PLACES_FILE = FIXTURES / "secret_places.jsonl"
USEFUL_LINES = (FIXTURES / "useful_lines.txt").read_text("utf-8").splitlines()
CARRIERS = {
    "as it is": "{}",
    "printed": "printf '{}\\n' | tee log",
    "printed twice": "echo -e \"{}\\n{}\\n\"",
    "behind a line break": "first\\n{}",
    "in JSON": "json",
    "in JSON in JSON": "json json",
    "in a quote": "> {}",
    "in HTML": "<p>{}</p>",
    "in a list of arguments": "list",
    "in a URL": "url",
    "with tabs": "tabs",
    "in color": "\x1b[31m{}\x1b[0m",
}  # fmt: skip


def carry(name: str, text: str) -> str:
    carrier = CARRIERS[name]
    if carrier.startswith("json"):
        for _ in carrier.split():
            text = json.dumps({"message": text})
        return text
    if carrier in ESCAPES:
        return ESCAPES[carrier](text)
    return carrier.replace("{}", text)


ESCAPES: dict[str, Callable[[str], str]] = {
    "list": lambda text: str(text.split()),
    "url": lambda text: quote(text, safe=""),
    "tabs": lambda text: text.replace(" ", "\\t"),
    "punctuation": lambda text: "".join(f"\\u{ord(c):04x}" if c in " =:'\"&<>" else c for c in text),
    "table": lambda text: f"| {' | '.join(text.split(' ', 1))} |",
}


@pytest.mark.parametrize("escape", ESCAPES)
def test_what_is_escaped_as_a_whole_is_hidden_too(escape: str) -> None:
    with failures_together(at_least=30) as failures:
        for place in PLACES:
            secret = "Tb7kq9Zw4mn2PxR8z"
            text = ESCAPES[escape](
                place.replace("{{", "{").replace("}}", "}").replace("{s}", secret).replace("{q}", secret)
            )
            # a list or a table in another one is neither
            if escape in ("url", "tabs", "punctuation") or not any(mark in place for mark in "\"'|"):
                with failures.check(text):
                    assert secret not in redact(text)


@pytest.mark.property
def test_no_outlet_shows_a_place() -> None:
    places = list(read_places(PLACES_FILE))
    assert len(places) >= 180
    assert [(place.text, outlets) for place, outlets in asyncio.run(find_shown(places)) if outlets] == []


def test_useful_lines_stay() -> None:
    assert len(USEFUL_LINES) >= 150
    assert find_changed_lines(USEFUL_LINES) == []
    text = "\n".join(["before", *USEFUL_LINES, "after"])
    assert redact(text) == text


@pytest.mark.property
@pytest.mark.parametrize("carrier", CARRIERS)
def test_what_redaction_hides_in_a_line_is_hidden_in_every_outlet(carrier: str) -> None:
    examples = [
        *list_examples()[::2],
        *(place.replace("{s}", "{secret}").replace("{q}", "{secret}") for place in PLACES[::2]),
    ]
    with failures_together(at_least=100) as failures:
        for example in examples:
            text, parts = fill(example.replace("{{", "{").replace("}}", "}"))
            line = carry(carrier, text)
            if "\n" in line or is_shown(parts, redact(line)):
                continue
            with failures.check(line):
                shown = asyncio.run(collect_shown(line))
                assert [outlet for outlet in OUTLETS if is_shown(parts, shown[outlet])] == []


def test_the_score_says_what_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items = [
        {"kind": "hidden", "place": "password=S", "shape": "Aaaaaa9999!a", "length": 12},
        {"kind": "shown", "place": "the word S is here", "shape": "aaaaaaaaaaaa", "length": 12},
    ]
    file, lines = tmp_path / "places.jsonl", tmp_path / "lines.txt"
    file.write_text("\n".join(map(json.dumps, items)), "utf-8")
    lines.write_text("password=Winter2026!x\nWaiting for the VM\n", "utf-8")
    assert main([str(file), "--lines", str(lines), "--show"]) == 0
    printed = capsys.readouterr().out
    assert "redact               1 of 2 shown (50.0%)" in printed
    assert "useful lines         1 of 2 changed (50.0%)" in printed


def test_a_secret_has_its_shape() -> None:
    item = {"shape": "Aa9-x", "length": 8, "prefix": "hf_"}
    made = make_secret(item, random.Random(1))
    assert made.startswith("hf_")
    assert len(made) == 8
