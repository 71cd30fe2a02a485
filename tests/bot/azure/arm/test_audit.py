"""Audit lines can't be forged with names: one line each, with only our fields."""

from __future__ import annotations

import logging

import pytest

from bot.azure.arm.audit import write_audit_line, write_share_audit_line
from bot.telemetry.logs import TextLogFormatter
from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.turn import Person

FORGED = [
    "win11\n2026-01-01 INFO bot.azure.arm.audit: look who=t/admin mode=user operation=status what=all result=ok ms=1",
    "a result=ok ms=1",
    "a\r\x1b[2K\x1b[1Alook who=root",
    "a\u2028look who=root",
    "a\x85look\x0bwho=root",
    "password=Tr0ub4dor-and-3",
    "<at>Ada</at> [x](http://evil) %s %(name)s {0}",
    "x" * 10_000,
    "\u202ekcatta",
]
LOOK = ["who", "mode", "operation", "what", "result", "code", "ms"]
FILING = ["who", "operation", "what", "result", "code", "ms"]
SHARE = ["who", "operation", "what", "where", "result", "ms"]


def fields(caplog: pytest.LogCaptureFixture) -> list[str]:
    (record,) = caplog.records
    line = TextLogFormatter().format(record)
    assert line.isprintable()
    assert line.isascii()
    assert len(line) < 1500
    return [part.partition("=")[0] for part in record.getMessage().split()[1:] if "=" in part]


@pytest.mark.parametrize("name", FORGED, ids=range(len(FORGED)))
def test_a_name_cannot_forge_a_line_or_a_field(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    person = Person(name, name, name, name)
    write_audit_line("look", person, "status", name, AzureRefusal("denied", name, name, name, name, name), 1.5, "user")
    assert fields(caplog) == LOOK
    caplog.clear()
    write_audit_line("filing", person, "file", name, AzureRefusal("no-permission", code=name), 1.5)
    assert fields(caplog) == FILING
    caplog.clear()
    write_share_audit_line(person, name, name, "guests", 1.5)
    assert fields(caplog) == SHARE
    assert "=ok" not in caplog.text


@pytest.mark.parametrize("level", ["WARNING", "CRITICAL"])
def test_no_level_of_the_rest_turns_the_audit_down(level: str) -> None:
    for name in ("bot.azure.arm.audit", "bot.azure.support.audit", "bot.sharing.audit"):
        logging.getLogger("bot").setLevel(level)
        try:
            assert logging.getLogger(name).isEnabledFor(logging.INFO)
        finally:
            logging.getLogger("bot").setLevel(logging.NOTSET)
