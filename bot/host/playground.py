"""The Teams test client (Microsoft 365 Agents Playground): installed once, started and stopped with the bot."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.errors import BotError

PACKAGE = "@microsoft/m365agentsplayground"
FOLDER = Path(__file__).resolve().parents[2] / "playground"
MIN_NODE_VERSION = 18
VERSION_SECONDS = 20
INSTALL_SECONDS = 300
START_SECONDS = 40
STOP_SECONDS = 5

EXAMPLE_ERROR = "Script exited with non-zero exit status: 1. Allowed exit codes are: [0]"
ALTERNATIVE_HINT = "make chat is the same bot in a terminal."

_THIS_MACHINE = "localhost,127.0.0.1,::1"
_LISTENING_PATTERN = re.compile(rb"Listening on (\d{1,5})")

# in its own process group, Ctrl+C reaches only the bot, which then ends the whole group
_PROCESS_GROUP_OPTIONS: dict[str, Any] = (
    {"start_new_session": True}
    if os.name == "posix"
    else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
)

PrintLine = Callable[[str], None]


class PlaygroundError(BotError):
    """The test client can't be started; the message says why and what to do. The bot serves without it."""


class Playground:
    """The test client as a child process, for the bot at `bot_url`. Its package is installed in `folder`.

    It writes its log to `log`. What its installation and start print goes to `….start.log` in the same folder.
    """

    def __init__(self, bot_url: str, port: int, log: Path, environ: Mapping[str, str], folder: Path = FOLDER) -> None:
        self._bot_url = bot_url
        self._port = port
        self._log = log
        # another file, since the tool deletes its previous log when it starts
        self._start_log = log.with_suffix(".start.log")
        self._environ = environ
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._lifeline_fd: int | None = None

    async def start(self, print_line: PrintLine) -> str:
        """Install it if it's missing, start it for a bot that's already serving, and return the URL to open.

        Raises:
            PlaygroundError: It can't be started.
        """
        node, npm = await self._find_tools()
        self._log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._log.unlink(missing_ok=True)
        self._start_log.write_bytes(b"")
        if not self._is_installed():
            print_line("Setting up the Teams test client (once, about 15 MB) …")
            await self._install(npm)
        return await self._launch(node)

    async def stop(self) -> None:
        """End the process and whatever it started, and wait until they are gone."""
        if self._lifeline_fd is not None:
            os.close(self._lifeline_fd)
            self._lifeline_fd = None
        process, self._process = self._process, None
        if process is None:
            return
        _send_signal(process, signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            _send_signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
            await process.wait()

    async def wait_until_ended(self) -> int:
        """Wait until the process ends by itself, and return its exit status."""
        return 0 if self._process is None else await self._process.wait()

    async def _find_tools(self) -> tuple[str, str]:
        node, npm = (shutil.which(name, path=self._environ.get("PATH")) for name in ("node", "npm"))
        if not node or not npm:
            missing = " and ".join(name for name, path in (("Node", node), ("npm", npm)) if not path)
            raise PlaygroundError(
                f"{missing} not found, so the Teams test client is not started: install Node {MIN_NODE_VERSION} "
                f"or later to have it. {ALTERNATIVE_HINT}"
            )
        version = await asyncio.to_thread(_read_node_version, node)
        major = version.removeprefix("v").split(".")[0]
        if not major.isdigit() or int(major) < MIN_NODE_VERSION:
            raise PlaygroundError(
                f"Node {version or 'of unknown version'} is too old for the Teams test client: "
                f"install {MIN_NODE_VERSION} or later. {ALTERNATIVE_HINT}"
            )
        return node, npm

    def _is_installed(self) -> bool:
        """Return whether the version that the lock file pins is installed, and complete."""
        try:
            lock = json.loads((self._folder / "package-lock.json").read_text("utf-8"))
            package = json.loads((self._package_folder / "package.json").read_text("utf-8"))
            pinned_version = lock["packages"][f"node_modules/{PACKAGE}"]["version"]
        except (OSError, ValueError, KeyError):
            return False
        return bool(package.get("version") == pinned_version) and (self._package_folder / "cli.js").is_file()

    @property
    def _package_folder(self) -> Path:
        return self._folder / "node_modules" / PACKAGE

    async def _install(self, npm: str) -> None:
        with self._start_log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                npm, "ci", "--no-fund", "--no-audit", "--ignore-scripts",
                cwd=self._folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **_PROCESS_GROUP_OPTIONS,
            )  # fmt: skip
            self._process = process
            try:
                async with asyncio.timeout(INSTALL_SECONDS):
                    status = await process.wait()
            except TimeoutError:
                await self.stop()
                raise PlaygroundError(
                    f"Setting up the Teams test client took over {INSTALL_SECONDS} s: check the network. "
                    f"{self._describe_failure()}"
                ) from None
            finally:
                if self._process is process and process.returncode is not None:
                    self._process = None
        if status != 0:
            raise PlaygroundError(
                f"The Teams test client could not be set up (npm ended with {status}). Check the network, or run "
                f"`npm ci` in {self._folder} to see more. {self._describe_failure()}"
            )

    async def _launch(self, node: str) -> str:
        environ = {
            **self._environ,
            "M365_AGENTS_PLAYGROUND_LOGFILE": str(self._log.resolve()),
            # don't use the environment's proxy for this machine
            **{
                name: ",".join(filter(None, (self._environ.get(name), _THIS_MACHINE)))
                for name in ("NO_PROXY", "no_proxy")
            },
            # "none" keeps it from opening a browser; it has no other switch for that
            **({} if _has_display(self._environ) else {"TEAMSAPPTESTER_BROWSER": "none"}),
        }
        arguments = ["--app-endpoint", f"{self._bot_url}/api/messages", "--channel-id", "msteams"]
        arguments += ["--port", str(self._port), "--disable-telemetry"]
        # ends-with-bot.cjs waits for this pipe to close, which it does no matter how the bot ends
        client_fd, self._lifeline_fd = os.pipe()
        try:
            with self._start_log.open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    node,
                    *("--require", str(self._folder / "loopback.cjs")),
                    *("--require", str(self._folder / "ends-with-bot.cjs")),
                    *(str(self._package_folder / "cli.js"), "start", *arguments),
                    cwd=self._folder, env=environ, stdin=client_fd, stdout=log, stderr=log, **_PROCESS_GROUP_OPTIONS,
                )  # fmt: skip
        finally:
            os.close(client_fd)
        self._process = process
        try:
            async with asyncio.timeout(START_SECONDS):
                return await self._wait_until_serving(process)
        except TimeoutError:
            await self.stop()
            raise PlaygroundError(
                f"The Teams test client did not start within {START_SECONDS} s. {self._describe_failure()}"
            ) from None
        except BaseException:
            await self.stop()
            raise

    async def _wait_until_serving(self, process: asyncio.subprocess.Process) -> str:
        """Return the URL once a page is served there.

        If its port is in use, the tool picks another one and prints it. With a bad configuration it exits only after
        that.
        """
        async with ClientSession(timeout=ClientTimeout(total=5)) as session:
            while process.returncode is None:
                if match := _LISTENING_PATTERN.search(self._start_log.read_bytes()):
                    url = f"http://localhost:{int(match[1])}"
                    with contextlib.suppress(ClientError, TimeoutError):
                        async with session.get(url) as response:
                            if response.status == 200:
                                return url
                await asyncio.sleep(0.1)
        raise PlaygroundError(
            f"The Teams test client exited immediately (status {process.returncode}). {self._describe_failure()}"
        )

    def _describe_failure(self) -> str:
        """Return the last error in its logs, where the logs are, and what to do."""
        last_error = ""
        for path in (self._start_log, self._log):
            lines = path.read_text("utf-8", "replace").splitlines() if path.exists() else []
            errors = [line.strip() for line in lines if "error" in line.lower()]
            last_error = errors[-1] if errors else last_error
        quote = f"It said: {last_error[:300]} " if last_error else ""
        return (
            f"{quote}(more in {self._log.name} and {self._start_log.name} in {self._log.parent}). "
            f"The bot runs without it; {ALTERNATIVE_HINT}"
        )


def _read_node_version(node: str) -> str:
    """Return what `node --version` prints, "" if it fails."""
    try:
        completed = subprocess.run([node, "--version"], capture_output=True, check=False, timeout=VERSION_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return completed.stdout.decode("ascii", "replace").strip()


def _has_display(environ: Mapping[str, str]) -> bool:
    if environ.get("TEAMSAPPTESTER_BROWSER") or environ.get("CI") or environ.get("SSH_CONNECTION"):
        return False
    return sys.platform in ("darwin", "win32") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def _send_signal(process: asyncio.subprocess.Process, signal_number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # gone, or (on macOS) about to be
        if os.name == "posix":
            os.killpg(process.pid, signal_number)
        else:
            process.terminate()
