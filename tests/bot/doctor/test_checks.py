"""The doctor on installations with one error each: it names every error and prints no secret."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import trustme
from aiohttp import web

from app import main
from bot.doctor import checks as doctor
from bot.doctor.checks import run_checks
from bot.doctor.checkup import Checkup, DoctorEnvironment
from bot.state.sqlite_store import SqliteStore
from tests.bot.auth.identity_service import APP, SECRET, TENANT, IdentityService
from tests.bot.local_server import serve

GOOD = {
    "MicrosoftAppId": APP,
    "MicrosoftAppType": "SingleTenant",
    "MicrosoftAppTenantId": TENANT,
    "MicrosoftAppPassword": SECRET,
}


class Ward:
    """An installation that is well, until a test breaks it."""

    def __init__(self, folder: Path, service: IdentityService) -> None:
        self.service = service
        self.environ = {**GOOD, "STATE_PATH": str(folder / "s.sqlite3")}
        self.around = DoctorEnvironment(service.cloud)

    async def look(self, **environ: str) -> dict[str, list[Checkup]]:
        found: dict[str, list[Checkup]] = {}
        async for finding in run_checks({**self.environ, **environ}, self.around):
            found.setdefault(finding.subject, []).append(finding)
            assert SECRET not in finding.message
        return found

    async def fault(self, what: str, **environ: str) -> str:
        """The one fault that is found, which is of `what`."""
        found = await self.look(**environ)
        faults = [(name, finding) for name, all_of in found.items() for finding in all_of if finding.state == "fault"]
        assert [name for name, _ in faults] == [what]
        return faults[0][1].message


@pytest_asyncio.fixture
async def ward(tmp_path: Path) -> AsyncIterator[Ward]:
    service = IdentityService()
    runner, service.url = await serve(service.app())
    yield Ward(tmp_path, service)
    await runner.cleanup()


async def test_what_is_well_is_found_well(ward: Ward) -> None:
    found = await ward.look()
    assert {name: [one.state for one in all_of] for name, all_of in found.items()} == {
        "packages": ["good"],
        "knowledge": ["good"],
        "settings": ["good"],
        "state": ["good"],
        "credentials": ["good"],
        "signing keys": ["good"],
        "clock": ["good"],
        "endpoint": ["warning"],
        "looks": ["good"],
        "telemetry": ["good"],
    }
    store = await SqliteStore(Path(ward.environ["STATE_PATH"])).open()
    assert await store.load(doctor.PROBE_KEY) is None, "the probe is taken away again"
    await store.close()


async def test_settings_that_cannot_be(ward: Ward) -> None:
    assert "MicrosoftAppType is MultiTenant" in await ward.fault("settings", MicrosoftAppType="MultiTenant")


async def test_a_password_that_is_missing(ward: Ward) -> None:
    assert "MicrosoftAppPassword is not set" in await ward.fault("settings", MicrosoftAppPassword="")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("7000222", "The client secret has expired"),
        ("7000215", "must be the secret's value, not its id"),
        ("700016", "check MicrosoftAppId and MicrosoftAppTenantId"),
    ],
)
async def test_credentials_that_entra_refuses(ward: Ward, code: str, said: str) -> None:
    ward.service.answer = (401, {"error": "invalid_client", "error_description": f"AADSTS{code}: no"})
    assert said in await ward.fault("credentials")


async def test_a_state_file_that_cannot_be_written(ward: Ward, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert str(blocked) in await ward.fault("state", STATE_PATH=str(blocked / "s.sqlite3"))


async def test_a_state_file_of_a_later_version(ward: Ward, tmp_path: Path) -> None:
    path = tmp_path / "later.sqlite3"
    with sqlite3.connect(path) as later:
        later.execute("PRAGMA user_version = 99")
    later.close()
    assert "later" in (await ward.fault("state", STATE_PATH=str(path))).lower()


async def test_a_network_that_lets_nothing_out(ward: Ward) -> None:
    nowhere = replace(ward.service.cloud, metadata_url="http://127.0.0.1:9/metadata")
    ward.around = DoctorEnvironment(nowhere)
    said = await ward.fault("signing keys")
    assert "check the network's outbound rules" in said
    assert nowhere.metadata_url in said


@pytest.mark.parametrize(("off", "state"), [(1000, "fault"), (-1000, "fault"), (200, "warning"), (5, "good")])
async def test_a_clock_that_is_wrong(ward: Ward, off: float, state: str) -> None:
    ward.around = DoctorEnvironment(ward.service.cloud, clock=lambda: time.time() + off)
    (finding,) = (await ward.look())["clock"]
    assert finding.state == state
    assert ("fast" in finding.message, "slow" in finding.message) == (off >= 200, off <= -200)


class Front:
    """What's at the bot's public name: answers with a status of choice, by real TLS."""

    def __init__(self) -> None:
        self.status = 401
        self.asked: list[dict[str, Any]] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.headers))
        return web.Response(status=self.status)


@pytest_asyncio.fixture
async def front(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Front]:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.issue_cert("localhost").configure_cert(server)
    authority.configure_trust(client)
    front = Front()
    app = web.Application()
    app.router.add_post("/api/messages", front.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "localhost", 0, ssl_context=server)
    await site.start()
    port = runner.addresses[0][1]
    ward.environ["BOT_DOMAIN"] = f"localhost:{port}"
    # a public name has a dot; this machine's own name is used instead
    monkeypatch.setattr(doctor, "_HOST_NAME", re.compile(r"localhost:\d+"))
    ward.around = DoctorEnvironment(ward.service.cloud, tls=client)
    yield front
    await runner.cleanup()


async def test_an_endpoint_that_refuses_strangers_is_well(ward: Ward, front: Front) -> None:
    (finding,) = (await ward.look())["endpoint"]
    assert finding.state == "good"
    assert not any(name.lower() == "authorization" for asked in front.asked for name in asked), "no token is sent there"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "something else is at that address"),
        (502, "can't reach the bot"),
        (201, "accepts messages without a token"),
        (302, "would answer 401"),
    ],
)
async def test_an_endpoint_that_is_not_this_bot(ward: Ward, front: Front, status: int, said: str) -> None:
    front.status = status
    assert said in await ward.fault("endpoint")


async def test_an_endpoint_that_is_not_there(ward: Ward, front: Front) -> None:
    ward.around = DoctorEnvironment(ward.service.cloud)  # the certificate is not trusted
    assert "doesn't answer over HTTPS" in await ward.fault("endpoint")


@pytest.mark.parametrize("domain", ["https://bot.example.com", "bot.example.com/x", "bot", "a b.example.com"])
async def test_a_name_that_is_none(ward: Ward, domain: str) -> None:
    assert "BOT_DOMAIN isn't a host name" in await ward.fault("endpoint", BOT_DOMAIN=domain)


async def test_packages_of_other_versions(ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pins = tmp_path / "requirements.txt"
    monkeypatch.setattr(doctor, "REQUIREMENTS_PATH", pins)
    pins.write_text("aiohttp==1.0.0\n")
    (finding,) = (await ward.look())["packages"]
    assert (finding.state, "aiohttp is" in finding.message) == ("warning", True)
    pins.unlink()
    (finding,) = (await ward.look())["packages"]
    assert (finding.state, "Not checked" in finding.message) == ("warning", True)
    pins.write_text("aiohttp==1.0.0 \\\n    --hash=sha256:00\n")
    assert "aiohttp is" in (await ward.look())["packages"][0].message
    pins.write_text("no-such-package==1.0\n")
    assert "no-such-package is missing" in await ward.fault("packages")


async def test_telemetry_that_cannot_be_set_up(ward: Ward) -> None:
    said = await ward.fault("telemetry", APPLICATIONINSIGHTS_CONNECTION_STRING=f"InstrumentationKey={SECRET}")
    assert "APPLICATIONINSIGHTS_CONNECTION_STRING" in said


async def test_the_command_prints_a_line_each_and_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in GOOD:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STATE_PATH", str(tmp_path / "s.sqlite3"))
    assert await asyncio.to_thread(main, ["doctor"]) == 0
    said = capsys.readouterr().out
    assert "the bot serves this machine only" in said
    assert said.endswith("No faults found.\n")
    monkeypatch.setenv("PORT", "0")
    monkeypatch.setenv("LOG_LEVEL", "loud")
    assert await asyncio.to_thread(main, ["doctor"]) == 1
    said = capsys.readouterr().out
    assert "PORT is '0'" in said
    assert "LOG_LEVEL is 'loud'" in said
    assert said.endswith("2 faults found.\n")
