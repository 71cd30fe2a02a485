"""The look that the settings ask for; the sandbox looked at through the very clients that look at Azure."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.azure.arm.cloud import US_GOVERNMENT
from bot.azure.arm.settings import AzureSettings
from bot.azure.open import open_azure
from bot.sandbox.serving import Sandbox
from bot.telemetry.observer import Unobserved
from dialogs.model.azure import Reason, TemplateStatus, Wanted
from dialogs.model.errors import LookRefused
from dialogs.model.ports import Azure
from dialogs.model.turn import Person
from tests.bot.azure.fake_azure import ONE, PERSON, REF, TENANT, FakeCredential, FakeEyes
from tests.bot.azure.looks import DIAGNOSER

ROOT = Path(__file__).resolve().parents[3]
ME = Person("sandbox", "me")


async def test_off_refuses_every_look() -> None:
    azure: Azure = open_azure(AzureSettings(), DIAGNOSER)
    assert azure.mode == "off"
    status = TemplateStatus(REF)
    for look in (
        azure.find(PERSON, Wanted("x")), azure.failing(PERSON), azure.status(PERSON, REF),
        azure.log_tail(PERSON, status), azure.read_log(PERSON, status, "en", lambda *_: None),
    ):  # fmt: skip
        with pytest.raises(LookRefused) as caught:
            await look
        assert caught.value.refusal.reason == "off"
    assert not await azure.sign_out(PERSON)


def test_off_imports_no_sdk() -> None:
    program = (
        "import sys, bot.azure.open as o, bot.azure.arm.settings as s\n"
        "o.open_azure(s.AzureSettings(), None)\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('azure', 'aiohttp', 'msal')])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, text=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("look", ["user", "sandbox"])
def test_the_eyes_of_other_packages_are_asked_for(look: str) -> None:
    with pytest.raises(ValueError, match=f"the mode {look} needs the eyes"):
        open_azure(AzureSettings(look), DIAGNOSER)  # type: ignore[arg-type]


async def test_each_mode_is_opened() -> None:
    people = frozenset({(TENANT, ONE)})
    for settings, eyes in (
        (AzureSettings("local"), None),
        (AzureSettings("bot", subscriptions=frozenset({ONE}), people=people), None),
        (AzureSettings("user"), FakeEyes(FakeCredential())),
    ):
        azure = open_azure(settings, DIAGNOSER, eyes, US_GOVERNMENT)
        assert azure.mode == settings.look
        await azure.close()


class Noting(Unobserved):
    """Keeps what it is told of looks."""

    def __init__(self) -> None:
        self.looks: list[tuple[str, str]] = []

    def looked(self, operation: str, result: str, seconds: float) -> None:
        assert seconds >= 0
        self.looks.append((operation, result))


async def test_whoever_watches_is_told_of_every_look_and_what_came_of_it() -> None:
    noting = Noting()
    async with Sandbox() as sandbox:
        azure = open_azure(AzureSettings("sandbox"), DIAGNOSER, sandbox.eyes, sandbox.cloud, noting)
        (ref,) = (await azure.find(ME, Wanted(name="win11-golden"))).exact
        await azure.status(ME, ref)
        with pytest.raises(LookRefused):
            await azure.status(ME, replace(ref, name="no-such-template"))
        await azure.sign_out(ME)
        await azure.close()
    assert noting.looks == [("find", "ok"), ("status", "ok"), ("status", "not-found"), ("sign-out", "ok")]


async def test_the_sandbox_through_the_clients_that_look_at_azure() -> None:
    """Every template, whatever has befallen it: a diagnosis or a refusal with a reason, and never a bug's."""
    reasons: dict[str, Reason] = {}
    entries: dict[str, str] = {}
    async with Sandbox() as sandbox:
        azure = open_azure(AzureSettings("sandbox"), DIAGNOSER, sandbox.eyes, sandbox.cloud)
        everything = await azure.find(ME, Wanted())
        refs = {ref.id: ref for ref in everything.near}
        refs |= {status.ref.id: status.ref for status in (await azure.failing(ME)).templates}
        assert len(refs) >= 20
        for ref in refs.values():
            name = f"{ref.resource_group}/{ref.name}"
            try:
                status = await azure.status(ME, ref)
                tail = await azure.log_tail(ME, status)
            except LookRefused as failure:
                reasons[name] = failure.refusal.reason
                continue
            read = await azure.read_log(ME, status, "en", lambda *_: None)
            assert read.size == tail.size
            if tail.whole and not tail.growing:
                matches = read.diagnosis.matches
                assert [one.entry for one in DIAGNOSER.diagnose(tail.text).matches] == [one.entry for one in matches]
                if matches:
                    entries[name] = matches[0].entry
        assert {request.split(" ")[0] for request in sandbox.asked} <= {"GET", "HEAD"}
        assert not any("sendmeyourtokens" in request for request in sandbox.asked)
        await azure.close()
    assert {"no-data-role", "firewall", "log-gone", "suspicious", "no-log"} <= set(reasons.values())
    assert "unexpected" not in reasons.values()
    assert entries["rg-images/win11-golden"] == "script-nonzero-exit"
