"""The container image, as far as it can be tested without a container: it has what's needed to run, and no more."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from bot.host.settings import Settings, read_settings

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COPIED = re.findall(r"^COPY (?!--from)(\S+) (\S+)$", DOCKERFILE, re.MULTILINE)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Dockerfile copies into /app, from what .dockerignore lets through."""
    app = tmp_path_factory.mktemp("app")
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    for source, target in COPIED:
        assert source in let_in, f".dockerignore keeps {source} out, and the Dockerfile copies it"
        if target.startswith("./"):
            place = app / source
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, place)
    return app


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    set_there = dict(re.findall(r"(?:ENV |    )([A-Z_]+)=(\S+)", DOCKERFILE))
    kept = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG", "TMPDIR")}
    return kept | set_there | {"PATH": os.environ["PATH"], "STATE_PATH": str(tmp_path / "state" / "medic.sqlite3")}


def test_it_runs_as_nobody_in_particular() -> None:
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users
    assert users[-1].isdigit(), "an orchestrator can only tell by a number that it is not root"
    assert int(users[-1]) >= 10_000
    assert "alpine" not in DOCKERFILE


def test_only_hashed_packages_that_it_needs_to_run_are_installed() -> None:
    installs = re.findall(r"pip install ((?:[^\n]|\\\n)+?)\n(?! )", DOCKERFILE)
    assert len(installs) == 1, "everything is installed at once"
    assert "--require-hashes" in installs[0]
    files = re.findall(r"--requirement /build/(\S+)", installs[0])
    assert files == ["requirements-image.txt", "requirements-telemetry.txt"]
    names = {name for file in files for name in re.findall(r"^([a-z0-9-]+)==", (ROOT / file).read_text(), re.MULTILINE)}
    assert {"aiohttp", "google-re2", "opentelemetry-sdk"} <= names
    assert not names & {"pytest", "pluggy", "iniconfig", "hypothesis", "mypy", "ruff", "pip-audit"}


def test_its_state_has_a_place_and_can_be_put_elsewhere() -> None:
    assert re.findall(r"^WORKDIR (\S+)$", DOCKERFILE, re.MULTILINE) == ["/app"]
    place = f"/app/{Settings().state_path.parent}"
    assert f"VOLUME {place}\n" in DOCKERFILE
    assert f"--owner medic --group medic --mode 0700 {place}\n" in DOCKERFILE
    set_there = dict(re.findall(r"(?:ENV |    )([A-Z_]+)=(\S+)", DOCKERFILE)) | {"BIND_ADDRESS": "127.0.0.1"}
    shared = "https://account.blob.core.windows.net/conversations"
    assert read_settings(set_there | {"STATE_BLOB_URL": shared}).state_blob_url == shared


def test_nothing_of_a_developer_goes_in(context: Path) -> None:
    assert {path.name for path in context.iterdir()} == {"app.py", "appmanifest", "bot", "dialogs", "knowledge"}
    assert not list(context.rglob("*.sqlite3"))
    assert not list(context.rglob("test_*.py"))


def test_what_goes_in_diagnoses(context: Path, environ: dict[str, str]) -> None:
    text = (
        "Failed while waiting for packerizer: Timeout waiting for microservice to complete: 'context deadline exceeded'"
    )
    ended = subprocess.run(
        [sys.executable, "app.py", "diagnose", "-"],
        cwd=context, env=environ, input=text, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "build-timeout" in ended.stdout


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    return number


def test_what_goes_in_serves_and_stops_when_told(context: Path, environ: dict[str, str], port: int) -> None:
    command = re.findall(r"^(?:ENTRYPOINT|CMD) \[(.+)\]$", DOCKERFILE, re.MULTILINE)
    arguments = [part.strip().strip('"') for line in command for part in line.split(",")]
    assert arguments == ["python", "app.py", "serve"]
    # without credentials it serves its own machine only, whatever address the image would listen on
    environ |= {"PORT": str(port), "BIND_ADDRESS": "127.0.0.1"}
    with subprocess.Popen([sys.executable, *arguments[1:]], cwd=context, env=environ, stdout=subprocess.PIPE) as served:
        try:
            assert served.stdout
            assert b"listens" in served.stdout.readline()
            assert _status(port) == 200
        finally:
            served.send_signal(signal.SIGTERM)
        assert served.wait(timeout=30) == 0


def test_without_credentials_the_image_says_why_it_does_not_start(context: Path, environ: dict[str, str]) -> None:
    ended = subprocess.run(
        [sys.executable, "app.py", "serve"], cwd=context, env=environ, capture_output=True, check=False, text=True
    )
    assert ended.returncode == 1
    assert "BIND_ADDRESS" in ended.stderr
    assert "MicrosoftAppId" in ended.stderr


def _status(port: int) -> int:
    until = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                status: int = answer.status
                return status
        except urllib.error.URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
