"""The bot with credentials as a process: where it listens, which callers it refuses, what it prints."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientTimeout

from tests.bot.auth.identity_service import APP, SECRET, TENANT, IdentityService

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[3]
CREDENTIALS = {
    "MicrosoftAppId": APP,
    "MicrosoftAppType": "SingleTenant",
    "MicrosoftAppTenantId": TENANT,
    "MicrosoftAppPassword": SECRET,
}

# the real program, but for where it looks for keys and tokens: a port on which nobody listens
_PROGRAM = """
import sys
import bot.auth.channel_auth, bot.auth.credentials, bot.host.run
from tests.patching import set_existing
nowhere = bot.auth.credentials.BotFrameworkCloud("http://127.0.0.1:9/metadata", login_url="http://127.0.0.1:9")
build_channel_auth = bot.auth.channel_auth.build_channel_auth
set_existing(bot.host.run, "build_channel_auth", lambda credentials: build_channel_auth(credentials, nowhere))
from app import main
sys.exit(main(["serve"]))
"""


def environ(folder: Path, **more: str) -> dict[str, str]:
    return {**os.environ, **CREDENTIALS, "STATE_PATH": str(folder / "s.sqlite3"), **more}


def serve(arguments: list[str], settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "app.py", "serve", *arguments],
        cwd=ROOT, env=settings, capture_output=True, check=False, text=True,
    )  # fmt: skip


def test_the_test_client_is_refused_with_credentials(tmp_path: Path) -> None:
    done = serve(["--playground", "--sandbox"], environ(tmp_path))
    assert done.returncode == 1
    assert "AZURE_LOOK" not in done.stderr, "nobody set that"
    assert "The Teams test client sends no tokens" in done.stderr
    assert "python app.py serve" in done.stderr
    assert SECRET not in done.stderr


def test_faults_of_credentials_end_the_program_with_a_line_each(tmp_path: Path) -> None:
    done = serve([], environ(tmp_path, MicrosoftAppType="MultiTenant", MicrosoftAppTenantId="", PORT="0"))
    assert done.returncode == 1
    said = done.stderr.splitlines()
    assert said[0] == "Image Medic cannot start:"
    assert [line.split()[0] for line in said[1:]] == ["MicrosoftAppTenantId", "MicrosoftAppType", "PORT"]
    assert SECRET not in done.stderr


async def test_a_bot_that_cannot_reach_the_service_serves_on_and_lets_nobody_in(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = environ(tmp_path, PORT=str(port), BIND_ADDRESS="0.0.0.0", LOG_FORMAT="json")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PROGRAM, cwd=ROOT, env=settings,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert b"listens at http://0.0.0.0:" in await process.stdout.readline()
    assert b"Teams can't be served yet. Missing: signing keys, token." in await process.stdout.readline()

    service, url = IdentityService(), f"http://127.0.0.1:{port}"
    good = {"Authorization": f"Bearer {service.token(serviceurl='https://example.com/')}"}
    async with ClientSession(timeout=ClientTimeout(total=60)) as session:
        for headers in (good, {}):
            async with session.post(f"{url}/api/messages", json={"type": "message"}, headers=headers) as response:
                assert response.status == 401
        for path, status in (("/healthz", 200), ("/readyz", 503)):
            async with session.get(url + path) as response:
                assert response.status == status

    process.send_signal(signal.SIGTERM)
    _, err = await process.communicate()
    assert process.returncode == 0
    lines = [json.loads(line) for line in err.decode().splitlines()]
    assert {line["level"] for line in lines} == {"INFO", "ERROR"}
    assert SECRET not in err.decode()
    assert "eyJ" not in err.decode()
