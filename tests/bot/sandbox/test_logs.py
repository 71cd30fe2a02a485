"""The sandbox's logs and messages: each leads to the entry that its template is about, and hides what was planted."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from functools import cache

import pytest

from bot.errors import StartError
from bot.sandbox.arm_json import build_template_json
from bot.sandbox.builds.log_context import LogContext
from bot.sandbox.builds.log_steps import run_steps
from bot.sandbox.builds.log_writer import BuildLogWriter
from bot.sandbox.builds.run_history import RunHistory
from bot.sandbox.builds.scenario import LogName, read_scenario
from knowledge.model.diagnosis import Diagnosis
from knowledge.redaction.redact import redact
from tests.shipped_knowledge import DIAGNOSER

NOW = datetime.now(UTC)
SCENARIO = read_scenario()
TEMPLATES = {
    f"{SCENARIO.subscriptions[template.subscription].split()[-1]}/{template.name}": template
    for template in SCENARIO.templates
}

# what the log of a failed run is about; for ubuntu-db the log of the validators
LOGS = {
    "images/ubuntu-agents": "script-permission-denied",
    "images/ubuntu-db": "script-nonzero-exit",
    "images/ubuntu-desktop": "no-outbound-access",
    "images/ubuntu-web": "dpkg-lock",
    "images/win11-avd": "build-timeout",
    "images/win11-golden": "script-nonzero-exit",
    "images/win10-kiosk": "sysprep-timing",
    "images/win11-partner": "script-nonzero-exit",
    "images/win11-secure": "policy-violation",
    "images/win2022-sql": "windows-restart-timeout",
    "research/ubuntu-web": "compute-quota-or-sku",
    "research/win11-notebooks": "windows-update-80240016",
}
# what the status alone is about, where it says more than that the log must be read
STATUSES = {
    "images/rhel-base": "identity-not-authorized",
    "images/ubuntu-gpu": "source-image-version-not-found",
    "images/win11-avd": "build-timeout",
    "images/win2025-global": "gallery-replication-timeout",
    "research/rhel-sap": "assigned-identity-unusable",
}
SUCCEEDED = {"images/ubuntu-minimal", "images/win2025-global", "research/t_1763763312548"}
CANCELED = {"images/win11-lab"}
# their logs are missing or out of reach: the status can only point to them
UNREADABLE = {"images/ubuntu-vault", "images/win11-finance", "images/win2019-legacy"}
WITHOUT_A_FAILURE = {"images/ubuntu-edge", "images/ubuntu-new", "images/win11-hr"} | {
    name for name in TEMPLATES if name.startswith("research/preflight-")
}

PLANTED = ("Tr4verse-Quarry-58", "cXVhcnJ5LXRyYXZlcnNlLW1hZGUtdXAtZm9yLXRoZS1zYW5kYm94LTAxMjM0NQ==", "Sl4te-Harbour-77")


@cache
def content_of(name: str) -> dict[LogName, bytes]:
    """The whole logs of the last run, those of a running one up to their end."""
    runs = RunHistory(TEMPLATES[name], NOW).list_runs(NOW)
    return {file: log.content for file, log in runs[0].get_logs().items()} if runs else {}


def diagnosis_of(name: str) -> Diagnosis:
    content = list(content_of(name).values())[-1]
    return DIAGNOSER.diagnose_stream(io.BytesIO(content), "en", name)


def test_every_template_is_in_one_of_the_tables() -> None:
    assert TEMPLATES.keys() == LOGS.keys() | STATUSES.keys() | SUCCEEDED | CANCELED | UNREADABLE | WITHOUT_A_FAILURE
    assert len(TEMPLATES) >= 14


@pytest.mark.parametrize(("name", "entry"), LOGS.items())
def test_a_log_leads_to_its_entry(name: str, entry: str) -> None:
    diagnosis = diagnosis_of(name)
    assert diagnosis.kind == "build-log"
    assert [match.entry for match in diagnosis.matches][:1] == [entry]
    assert diagnosis.matches[0].confidence in ("certain", "likely")
    assert diagnosis.matches[0].evidence
    assert diagnosis.outcome == ("canceled" if TEMPLATES[name].name in ("win11-avd", "win10-kiosk") else "failed")


@pytest.mark.parametrize(("name", "entry"), STATUSES.items())
def test_a_status_leads_to_its_entry(name: str, entry: str) -> None:
    shown = build_template_json(TEMPLATES[name], RunHistory(TEMPLATES[name], NOW).list_runs(NOW), NOW)
    diagnosis = DIAGNOSER.diagnose(json.dumps(shown, indent=2))
    assert diagnosis.kind == "status"
    assert [(match.entry, match.confidence) for match in diagnosis.matches][:1] == [(entry, "certain")]


@pytest.mark.parametrize("name", sorted(SUCCEEDED))
def test_the_log_of_a_good_build_says_so(name: str) -> None:
    diagnosis = diagnosis_of(name)
    assert diagnosis.outcome == "succeeded"
    assert all(match.severity == "info" for match in diagnosis.matches)


@pytest.mark.parametrize("name", sorted(CANCELED))
def test_the_log_of_a_canceled_build_says_so(name: str) -> None:
    assert diagnosis_of(name).outcome == "canceled"


@pytest.mark.parametrize("name", sorted(WITHOUT_A_FAILURE | UNREADABLE))
def test_what_has_no_log_has_none(name: str) -> None:
    assert content_of(name) == {}


def test_the_logs_have_the_sizes_of_real_ones() -> None:
    sizes = {name: sum(map(len, content_of(name).values())) for name in LOGS}
    assert 11_000_000 < sizes.pop("images/ubuntu-desktop") < 14_000_000
    assert all(20_000 < size < 400_000 for size in sizes.values())


@pytest.mark.parametrize("secret", PLANTED)
def test_what_was_planted_is_hidden(secret: str) -> None:
    holding = [name for name in LOGS if any(secret.encode() in content for content in content_of(name).values())]
    assert holding
    for name in holding:
        for content in content_of(name).values():
            assert secret not in redact(content.decode())
        assert secret not in json.dumps(diagnosis_of(name).to_json())


def test_the_old_form_has_telemetry_and_the_new_one_has_not() -> None:
    old, new = content_of("images/win2022-sql"), content_of("images/win11-golden")
    assert b"PACKER OUT " in old["customization.log"]
    assert b"(telemetry) Starting provisioner windows-restart" in old["customization.log"]
    assert b"PACKER OUT " not in new["customization.log"]
    assert b"telemetry" not in new["customization.log"]


def test_a_step_that_does_not_exist_is_named() -> None:
    context = LogContext(BuildLogWriter("new", "run", NOW), TEMPLATES["images/ubuntu-web"], 0, NOW)
    with pytest.raises(StartError, match="has a step 'explode'"):
        run_steps(context, ["explode"])
