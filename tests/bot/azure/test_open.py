"""The Azure reader that the settings ask for; the sandbox read through the same clients as Azure."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.azure.arm.settings import AzureSettings
from bot.azure.open import open_azure_reader
from bot.sandbox.server import Sandbox
from bot.telemetry.observer import NullObserver
from dialogs.model.azure_refusal import AzureRefusalReason
from dialogs.model.errors import AzureRefusedError
from dialogs.model.ports import AzureReader
from dialogs.model.turn import Person
from knowledge.azure_clouds import CLOUDS
from knowledge.template.template_id import TemplateQuery
from tests.bot.azure.fake_azure import ONE, PERSON, REF, TENANT, FakeCredential, FakeCredentialProvider
from tests.bot.azure.template_readers import DIAGNOSER
from tests.bot.sandbox.recording import RecordingSandbox
from tests.dialogs.azure.statuses import build_status
from tests.knowledge.preflight.live.good_azure import build_template, read_template

ROOT = Path(__file__).resolve().parents[3]
ME = Person("sandbox", "me")


async def test_off_refuses_every_lookup() -> None:
    azure: AzureReader = open_azure_reader(AzureSettings(), DIAGNOSER)
    assert azure.access_mode == "off"
    status = build_status(REF)
    for lookup in (
        azure.find_templates(PERSON, TemplateQuery("x")), azure.find_failed_templates(PERSON), azure.fetch_status(PERSON, REF),
        azure.fetch_template_json(PERSON, REF), azure.fetch_live_facts(PERSON, read_template(build_template())),
        azure.fetch_log_tail(PERSON, status), azure.diagnose_log(PERSON, status, "en", lambda *_: None),
    ):  # fmt: skip
        with pytest.raises(AzureRefusedError) as caught:
            await lookup
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


@pytest.mark.parametrize("mode", ["user", "sandbox"])
def test_a_mode_whose_credentials_come_from_elsewhere_needs_a_provider(mode: str) -> None:
    with pytest.raises(ValueError, match=f"the mode {mode} needs a credential provider"):
        open_azure_reader(AzureSettings(mode), DIAGNOSER)  # type: ignore[arg-type]


async def test_each_mode_is_opened() -> None:
    people = frozenset({(TENANT, ONE)})
    for settings, provider in (
        (AzureSettings("local"), None),
        (AzureSettings("bot", subscriptions=frozenset({ONE}), people=people), None),
        (AzureSettings("user"), FakeCredentialProvider(FakeCredential())),
    ):
        azure = open_azure_reader(settings, DIAGNOSER, provider, CLOUDS["usgovernment"])
        assert azure.access_mode == settings.access_mode
        await azure.close()


class RecordingObserver(NullObserver):
    """Records the lookups."""

    def __init__(self) -> None:
        self.lookups: list[tuple[str, str]] = []

    def record_lookup(self, operation: str, result: str, seconds: float) -> None:
        assert seconds >= 0
        self.lookups.append((operation, result))


async def test_the_observer_is_notified_of_every_lookup_and_its_result() -> None:
    observer = RecordingObserver()
    async with Sandbox() as sandbox:
        azure = open_azure_reader(
            AzureSettings("sandbox"), DIAGNOSER, sandbox.credential_provider, sandbox.cloud, observer
        )
        (ref,) = (await azure.find_templates(ME, TemplateQuery(name="win11-golden"))).exact_matches
        await azure.fetch_status(ME, ref)
        with pytest.raises(AzureRefusedError):
            await azure.fetch_status(ME, replace(ref, name="no-such-template"))
        await azure.sign_out(ME)
        await azure.close()
    assert observer.lookups == [("find", "ok"), ("status", "ok"), ("status", "not-found"), ("sign-out", "ok")]


@pytest.mark.property
async def test_the_sandbox_through_the_clients_that_read_azure() -> None:
    """Every template gives a diagnosis or a refusal with a reason, and none an unexpected error."""
    reasons: dict[str, AzureRefusalReason] = {}
    entries: dict[str, str] = {}
    async with RecordingSandbox() as sandbox:
        azure = open_azure_reader(AzureSettings("sandbox"), DIAGNOSER, sandbox.credential_provider, sandbox.cloud)
        everything = await azure.find_templates(ME, TemplateQuery())
        refs = {ref.to_resource_id(): ref for ref in everything.similar_matches}
        refs |= {
            status.template_id.to_resource_id(): status.template_id
            for status in (await azure.find_failed_templates(ME)).templates
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
        assert {request.split(" ")[0] for request in sandbox.guard.request_log} <= {"GET", "HEAD"}
        assert not any("sendmeyourtokens" in request for request in sandbox.guard.request_log)
        await azure.close()
    assert {"no-data-role", "firewall", "log-gone", "suspicious", "no-log"} <= set(reasons.values())
    assert "unexpected" not in reasons.values()
    assert entries["rg-images/win11-golden"] == "script-nonzero-exit"
