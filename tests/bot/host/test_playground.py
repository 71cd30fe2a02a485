"""Starting the test client with the bot, with fake programs for Node and npm."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from bot.host.playground import PACKAGE, Playground, PlaygroundError

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.name != "posix", reason="the stand-ins for Node and npm are scripts of a POSIX system"),
]

ROOT = Path(__file__).resolve().parents[3]

NODE = """
import http.server, json, os, subprocess, sys
if sys.argv[1:] == ["--version"]:
    print(os.environ.get("FAKE_NODE", "v20.1.0"))
    raise SystemExit
if os.environ.get("FAKE_END") == "at once":
    print("Error: the port is not to be had")
    raise SystemExit(3)
print("Starting", flush=True)
log = os.environ["M365_AGENTS_PLAYGROUND_LOGFILE"]
if os.path.exists(log):
    os.unlink(log)
open(log, "w").write("log started\\n")
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
told = {"argv": sys.argv[1:], "env": dict(os.environ), "pids": [os.getpid(), child.pid], "cwd": os.getcwd()}
open(os.environ["FAKE_NOTES"], "w").write(json.dumps(told))
if os.environ.get("FAKE_END") == "late":
    print("Listening on 1", flush=True)
    open(log, "a").write("error users must be five\\n")
    child.kill()
    raise SystemExit(1)
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Page)
print("Listening on", server.server_port, flush=True)
server.serve_forever()
"""

NPM = f"""
import json, os, pathlib, sys
assert sys.argv[1] == "ci", sys.argv
if os.environ.get("FAKE_NPM") == "fails":
    print("npm warn something", "npm error network is unreachable", "npm notice", sep="\\n")
    raise SystemExit(7)
package = pathlib.Path("node_modules/{PACKAGE}")
package.mkdir(parents=True)
(package / "package.json").write_text(json.dumps({{"version": "1.2.3"}}))
(package / "cli.js").write_text("")
"""


class Stage:
    """A folder with a lock file, a PATH with fake programs, and what they were called with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "playground"
        self.folder.mkdir()
        lock = {"packages": {f"node_modules/{PACKAGE}": {"version": "1.2.3"}}}
        (self.folder / "package-lock.json").write_text(json.dumps(lock))
        self.programs = folder / "bin"
        self.programs.mkdir()
        for name, source in (("node", NODE), ("npm", NPM)):
            (self.programs / name).write_text(f"#!{sys.executable}\n{source}")
            (self.programs / name).chmod(0o755)
        self.log = folder / "state" / "playground.log"
        self.notes = folder / "notes.json"
        self.environ = {"PATH": str(self.programs), "FAKE_NOTES": str(self.notes)}
        self.said: list[str] = []
        self.clients: list[Playground] = []

    def client(self, **environ: str) -> Playground:
        client = Playground("http://127.0.0.1:3978", 56150, self.log, {**self.environ, **environ}, self.folder)
        self.clients.append(client)
        return client

    def told(self) -> dict[str, object]:
        found = json.loads(self.notes.read_text())
        assert isinstance(found, dict)
        return found


@pytest_asyncio.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    stage = Stage(tmp_path)
    # programs that the fakes don't get an environment for (npm, the version) take the test's
    monkeypatch.setenv("PATH", str(stage.programs))
    yield stage
    for client in stage.clients:
        await client.stop()


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not yet collected by its parent does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


async def gone(pids: list[int]) -> None:
    """Return once none of the processes runs: they are not ours, so there is no event to wait for."""
    async with asyncio.timeout(20):
        while any(map(alive, pids)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_it_is_set_up_once_and_started_on_the_bot(stage: Stage) -> None:
    client = stage.client()
    url = await client.start(stage.said.append)
    async with ClientSession() as session, session.get(url) as response:
        assert response.status == 200
    assert stage.said == ["Setting up the Teams test client (once, about 15 MB) …"]
    told = stage.told()
    argv, env = told["argv"], told["env"]
    assert isinstance(argv, list)
    assert isinstance(env, dict)
    said = " ".join(argv)
    assert f"--require {stage.folder}/loopback.cjs" in said
    assert "--app-endpoint http://127.0.0.1:3978/api/messages" in said
    assert "--port 56150" in said
    assert "--disable-telemetry" in said
    assert env["TEAMSAPPTESTER_BROWSER"] == "none"
    assert env["NO_PROXY"] == env["no_proxy"] == "localhost,127.0.0.1,::1"
    assert env["M365_AGENTS_PLAYGROUND_LOGFILE"] == str(stage.log)
    assert told["cwd"] == str(stage.folder)

    await client.stop()
    await stage.client().start(stage.said.append)
    assert len(stage.said) == 1


async def test_another_version_than_the_locked_one_is_replaced(stage: Stage) -> None:
    await stage.client().start(stage.said.append)
    await stage.clients[0].stop()
    lock = {"packages": {f"node_modules/{PACKAGE}": {"version": "1.2.4"}}}
    (stage.folder / "package-lock.json").write_text(json.dumps(lock))
    (stage.programs / "npm").write_text(f"#!{sys.executable}\nraise SystemExit(9)")
    with pytest.raises(PlaygroundError, match="npm ended with 9"):
        await stage.client().start(stage.said.append)


@pytest.mark.parametrize(
    ("environ", "browser"),
    [
        ({"DISPLAY": ":0"}, None),
        ({"WAYLAND_DISPLAY": "w"}, None),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "x"}, "none"),
        ({"DISPLAY": ":0", "CI": "true"}, "none"),
        ({}, "none"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have a display without saying so")
async def test_a_browser_is_opened_only_where_it_can_be_seen(
    stage: Stage, environ: dict[str, str], browser: str | None
) -> None:
    await stage.client(**environ).start(stage.said.append)
    env = stage.told()["env"]
    assert isinstance(env, dict)
    assert env.get("TEAMSAPPTESTER_BROWSER") == browser


async def test_stopping_ends_all_that_it_started(stage: Stage) -> None:
    client = stage.client()
    await client.start(stage.said.append)
    pids = stage.told()["pids"]
    assert isinstance(pids, list)
    assert all(map(alive, pids))
    await client.stop()
    await gone(pids)
    await client.stop()


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (["node"], "Node not found"),
        (["npm"], "npm not found"),
        (["node", "npm"], "Node and npm not found"),
    ],
)
async def test_without_node_one_sentence_says_how_to_go_on(stage: Stage, missing: list[str], said: str) -> None:
    for name in missing:
        (stage.programs / name).unlink()
    with pytest.raises(PlaygroundError) as caught:
        await stage.client().start(stage.said.append)
    assert str(caught.value).startswith(said)
    assert "install Node 18 or later" in str(caught.value)
    assert "make chat" in str(caught.value)
    assert stage.said == []


@pytest.mark.parametrize("version", ["v16.20.2", "", "nonsense"])
async def test_an_old_node_is_named(stage: Stage, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setenv("FAKE_NODE", version)
    with pytest.raises(PlaygroundError, match=f"Node {version or 'of unknown version'} is too old"):
        await stage.client().start(stage.said.append)


async def test_a_set_up_that_fails_says_why(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_NPM", "fails")
    with pytest.raises(PlaygroundError) as caught:
        await stage.client().start(stage.said.append)
    said = str(caught.value)
    assert "could not be set up (npm ended with 7)" in said
    assert "npm error network is unreachable" in said
    assert f"more in playground.log and playground.start.log in {stage.log.parent}" in said
    assert "The bot runs without it; make chat" in said


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("at once", "status 3). It said: Error: the port is not to be had"),
        ("late", "status 1). It said: error users must be"),
    ],
)
async def test_a_start_that_fails_says_why(stage: Stage, when: str, said: str) -> None:
    with pytest.raises(PlaygroundError) as caught:
        await stage.client(FAKE_END=when).start(stage.said.append)
    assert said in str(caught.value)


_PROGRAM = """
import asyncio, os, sys
from pathlib import Path
from types import SimpleNamespace
import bot.host.playground, bot.host.run
from bot.host.conversation import load_knowledge
from bot.host.settings import read_settings
from tests.patching import set_existing
bot.host.playground.Playground.__init__.__defaults__ = (Path(os.environ["FAKE_FOLDER"]),)
class FakeConversation:
    async def answer_turn(self, turn, state):
        raise AssertionError
services = SimpleNamespace(conversation=FakeConversation(), message_extension=None)
set_existing(bot.host.run, "build_dialog_services", lambda *_: services)
settings = read_settings(os.environ)
sys.exit(asyncio.run(bot.host.run.serve(settings, load_knowledge(), should_run_playground=True)))
"""


async def program(stage: Stage, **environ: str) -> asyncio.subprocess.Process:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = {"PORT": str(port), "STATE_PATH": str(stage.log.parent / "s.sqlite3"), "FAKE_FOLDER": str(stage.folder)}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PROGRAM, cwd=ROOT, env={**stage.environ, **own, **environ},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip


async def read_until(process: asyncio.subprocess.Process, part: str) -> str:
    assert process.stdout is not None
    read = ""
    async for line in process.stdout:
        read += line.decode()
        if part in read:
            return read
    raise AssertionError(read)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_the_server_says_where_to_go_and_takes_it_along(stage: Stage, how: signal.Signals) -> None:
    process = await program(stage)
    said = await read_until(process, "in a terminal.")
    assert "Teams test client: open http://localhost:" in said
    assert "Say help, or paste an error such as: Script exited with non-zero exit status" in said
    pids = stage.told()["pids"]
    assert isinstance(pids, list)
    process.send_signal(how)
    out, _ = await process.communicate()
    assert process.returncode == 0
    assert out.decode() == "Stopping once the running turns are finished.\n"
    await gone(pids)


async def test_the_server_goes_on_when_it_fails_in_a_way_that_nobody_thought_of(stage: Stage) -> None:
    (stage.log.parent).mkdir()
    (stage.log.parent / "playground.start.log").mkdir()
    process = await program(stage)
    said = await read_until(process, "make chat")
    assert "The Teams test client could not be started (" in said
    process.terminate()
    await process.communicate()
    assert process.returncode == 0


async def test_the_server_goes_on_without_it(stage: Stage) -> None:
    process = await program(stage, FAKE_NPM="fails")
    said = await read_until(process, "make chat")
    assert said.index("listens at") < said.index("could not be set up")
    process.terminate()
    await process.communicate()
    assert process.returncode == 0


async def test_its_end_is_told_and_the_server_goes_on(stage: Stage) -> None:
    process = await program(stage)
    await read_until(process, "in a terminal.")
    pids = stage.told()["pids"]
    assert isinstance(pids, list)
    os.kill(pids[0], signal.SIGKILL)
    await read_until(process, "The Teams test client exited (status -9); the bot keeps running.")
    process.terminate()
    await process.communicate()
    assert process.returncode == 0
    await gone(pids)
