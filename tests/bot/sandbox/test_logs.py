"""The logs of the sandbox: each leads to the entry that its template is about, and hides what was planted in it."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from bot.sandbox.runs import History, WrittenLog
from bot.sandbox.scenario import read_scenario
from knowledge.diagnosing import Diagnoser
from knowledge.loading import load_entries

NOW = datetime.now(UTC)
TEMPLATES = {template.name: template for template in read_scenario().templates}

ABOUT = {
    "win11-golden": "script-nonzero-exit",
    "ubuntu-web": "dpkg-lock",
    "win11-avd": "build-timeout",
}


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser(load_entries())


def log_of(name: str) -> WrittenLog:
    run = History(TEMPLATES[name], NOW).runs(NOW)[0]
    return run.logs()["customization.log"]


@pytest.mark.parametrize(("name", "entry"), ABOUT.items())
def test_a_log_leads_to_its_entry(diagnoser: Diagnoser, name: str, entry: str) -> None:
    log = log_of(name)
    diagnosis = diagnoser.diagnose_stream(io.BytesIO(log.content), "en", name)
    assert [match.entry for match in diagnosis.matches][:1] == [entry]
    assert diagnosis.matches[0].confidence in ("certain", "likely")
