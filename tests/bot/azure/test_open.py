"""The look that the settings ask for; the sandbox looked at through the very clients that look at Azure."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.azure.arm.cloud import US_GOVERNMENT
from bot.azure.arm.settings import AzureSettings
from bot.azure.open import open_azure_reader
from bot.sandbox.server import Sandbox
from bot.telemetry.observer import NullObserver
from dialogs.model.azure import AzureRefusalReason, TemplateQuery, TemplateStatus
from dialogs.model.errors import AzureRefusedError
from dialogs.model.ports import AzureReader
from dialogs.model.turn import Person
from tests.bot.azure.fake_azure import ONE, PERSON, REF, TENANT, FakeCredential, FakeCredentialProvider
from tests.bot.azure.looks import DIAGNOSER

ROOT = Path(__file__).resolve().parents[3]
ME = Person("sandbox", "me")


async def test_off_refuses_every_look() -> None:
    azure: AzureReader = open_azure_reader(AzureSettings(), DIAGNOSER)
    assert azure.access_mode == "off"
    status = TemplateStatus(REF)
    for look in (
        azure.find_templates(PERSON, TemplateQuery("x")), azure.find_failed_templates(PERSON), azure.fetch_status(PERSON, REF),
        azure.fetch_log_tail(PERSON, status), azure.diagnose_log(PERSON, status, "en", lambda *_: None),
    ):  # fmt: skip
        with pytest.raises(AzureRefusedError) as caught:
            await look
        assert caught.value.refusal.reason == "off"
    assert not await azure.sign_out(PERSON)


def test_off_imports_no_sdk() -> None:
    program = (
        "import sys, bot.azure.open as o, bot.azure.arm.settings as s\n"
        "o.open_azure_reader(s.AzureSettings(), None)\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('azure', 'aiohttp', 'msal')])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, text=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("look", ["user", "sandbox"])
def test_the_eyes_of_other_packages_are_asked_for(look: str) -> None:
    with pytest.raises(ValueError, match=f"the mode {look} needs the eyes"):
        open_azure_reader(AzureSettings(look), DIAGNOSER)  # type: ignore[arg-type]


async def test_each_mode_is_opened() -> None:
    people = frozenset({(TENANT, ONE)})
    for settings, eyes in (
        (AzureSettings("local"), None),
        (AzureSettings("bot", subscriptions=frozenset({ONE}), people=people), None),
        (AzureSettings("user"), FakeCredentialProvider(FakeCredential())),
    ):
        azure = open_azure_reader(settings, DIAGNOSER, eyes, US_GOVERNMENT)
        assert azure.access_mode == settings.access_mode
        await azure.close()


class RecordingObserver(NullObserver):
    """Keeps what it is told of looks."""

    def __init__(self) -> None:
        self.looks: list[tuple[str, str]] = []

    def record_lookup(self, operation: str, result: str, seconds: float) -> None:
        assert seconds >= 0
        self.looks.append((operation, result))


async def test_whoever_watches_is_told_of_every_look_and_what_came_of_it() -> None:
    noting = RecordingObserver()
    async with Sandbox() as sandbox:
        azure = open_azure_reader(
            AzureSettings("sandbox"), DIAGNOSER, sandbox.credential_provider, sandbox.cloud, noting
        )
        (ref,) = (await azure.find_templates(ME, TemplateQuery(name="win11-golden"))).exact_matches
        await azure.fetch_status(ME, ref)
        with pytest.raises(AzureRefusedError):
            await azure.fetch_status(ME, replace(ref, name="no-such-template"))
        await azure.sign_out(ME)
        await azure.close()
    assert noting.looks == [("find", "ok"), ("status", "ok"), ("status", "not-found"), ("sign-out", "ok")]


async def test_the_sandbox_through_the_clients_that_look_at_azure() -> None:
    """Every template, whatever has befallen it: a diagnosis or a refusal with a reason, and never a bug's."""
    reasons: dict[str, AzureRefusalReason] = {}
    entries: dict[str, str] = {}
    async with Sandbox() as sandbox:
        azure = open_azure_reader(AzureSettings("sandbox"), DIAGNOSER, sandbox.credential_provider, sandbox.cloud)
        everything = await azure.find_templates(ME, TemplateQuery())
        refs = {ref.id: ref for ref in everything.similar_matches}
        refs |= {
            status.template_id.id: status.template_id for status in (await azure.find_failed_templates(ME)).templates
        }
        assert len(refs) >= 20
        for ref in refs.values():
            name = f"{ref.resource_group}/{ref.name}"
            try:
                status = await azure.fetch_status(ME, ref)
                tail = await azure.fetch_log_tail(ME, status)
            except AzureRefusedError as failure:
                reasons[name] = failure.refusal.reason
                continue
            read = await azure.diagnose_log(ME, status, "en", lambda *_: None)
            assert read.size == tail.size
            if tail.is_whole and not tail.growing:
                matches = read.diagnosis.matches
                assert [one.entry for one in DIAGNOSER.diagnose(tail.text).matches] == [one.entry for one in matches]
                if matches:
                    entries[name] = matches[0].entry
        assert {request.split(" ")[0] for request in sandbox.request_log} <= {"GET", "HEAD"}
        assert not any("sendmeyourtokens" in request for request in sandbox.request_log)
        await azure.close()
    assert {"no-data-role", "firewall", "log-gone", "suspicious", "no-log"} <= set(reasons.values())
    assert "unexpected" not in reasons.values()
    assert entries["rg-images/win11-golden"] == "script-nonzero-exit"
