"""SECURITY.md: short, without made-up addresses, and with tests that exist behind what it claims."""

from __future__ import annotations

import re
from pathlib import Path

from tests.reporting import failures_together

TESTS = Path(__file__).resolve().parent
PAGE = (TESTS.parent / "SECURITY.md").read_text("utf-8")
NAMED = re.findall(r"`([\w/]+\.py)::(test_\w+)`", PAGE)


def test_it_is_short_and_names_many_tests() -> None:
    assert len(PAGE.splitlines()) <= 120
    assert len(NAMED) > 40
    assert not re.search(r"[\w.]+@[\w-]+\.\w|https?://", PAGE), "no address that nobody reads"


def test_what_it_names_exists() -> None:
    with failures_together() as failures:
        for file, name in sorted(set(NAMED)):
            with failures.check(f"{file}::{name}"):
                written = (TESTS / file).read_text("utf-8")
                assert re.search(rf"^(?:async )?def {name}\(", written, re.M)


def test_every_attack_has_something_that_stops_it_and_a_test() -> None:
    table = PAGE.partition("## Threats and defenses")[2].partition("\n## ")[0]
    rows = [row.strip("|").split(" | ") for row in table.splitlines() if row.startswith("|")][2:]
    assert len(rows) > 20
    for row in rows:
        assert len(row) == 3, row
        assert row[1].strip(), row
        assert "::test_" in row[2], row
