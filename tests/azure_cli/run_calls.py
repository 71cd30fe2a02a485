"""Carry out calls of `az` with the real CLI, against servers of this machine; run by the CLI's own interpreter.

Reads from standard input where the servers are and the argument lists, and writes for each call its exit status, what
it printed or wrote into files, and what it said besides. Only host names and tokens are replaced; a connection to another machine fails.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from messages import Recorder

TENANT = "0d7c5f21-9b3e-4c86-a1f4-6e25d80b97c3"
_CONNECT = socket.socket.connect


def connect_to_loopback(self: socket.socket, address: Any) -> Any:
    if isinstance(address, tuple) and address[0] != "127.0.0.1":
        raise OSError(f"not on this machine: {address}")
    return _CONNECT(self, address)


class Redirection:
    """Sends every request to the servers of this machine, each Azure host to its own path.

    `requests` lists what was asked for, with the status of the answer.
    """

    def __init__(self, base: str, ca_file: str) -> None:
        import requests

        self.requests: list[str] = []
        self._base, self._ca_file = base, ca_file
        self._send = requests.Session.send
        redirection = self

        def send(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
            return redirection._redirect(session, request, options)

        requests.Session.send = send  # type: ignore[method-assign]

    def _redirect(self, session: Any, request: Any, options: dict[str, Any]) -> Any:
        asked = request.url
        request.url = self._find_address(asked)
        answer = self._send(session, request, **{**options, "verify": self._ca_file})
        self.requests.append(f"{request.method} {asked} -> {answer.status_code}")
        return answer

    def _find_address(self, url: str) -> str:
        host, path = re.fullmatch(r"https://([^/:]+)(?::\d+)?(.*)", url).groups()  # type: ignore[union-attr]
        if host == "management.azure.com":
            return self._base + path
        if host == "127.0.0.1":
            return url
        if host.endswith(".blob.core.windows.net"):
            return f"{self._base}/{host.split('.')[0]}{path}"
        return f"{self._base}/{host}{path}"


class SandboxCredential:
    """The tokens that the servers accept: one for Resource Manager, another for everything else."""

    def __init__(self, tokens: dict[str, str]) -> None:
        self._tokens = tokens

    def acquire_token(self, scopes: list[str], **_: Any) -> dict[str, Any]:
        kind = "management" if "management." in " ".join(scopes) else "storage"
        return {"access_token": self._tokens[kind], "expires_in": 3600, "token_type": "Bearer"}


def write_profile(folder: Path, subscriptions: dict[str, str]) -> None:
    profile = [
        {
            "id": subscription, "name": name, "state": "Enabled", "isDefault": number == 0, "tenantId": TENANT,
            "homeTenantId": TENANT, "managedByTenants": [], "environmentName": "AzureCloud",
            "user": {"name": "maria@example.com", "type": "user"},
        }
        for number, (subscription, name) in enumerate(subscriptions.items())
    ]  # fmt: skip
    folder.mkdir()
    (folder / "azureProfile.json").write_text(json.dumps({"installationId": "x", "subscriptions": profile}), "utf-8")


def run(call: list[str], redirection: Redirection) -> dict[str, Any]:
    from azure.cli.core import get_default_cli

    redirection.requests.clear()
    out, error, recorder = io.StringIO(), io.StringIO(), Recorder()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        cli = get_default_cli()
        cli.logging.configure(call)
        with recorder.listening():
            try:
                status = cli.invoke(call, out_file=out)
            except SystemExit as end:
                status = end.code
    said = [*recorder.messages, *redirection.requests]
    return {"status": status, "output": out.getvalue() + take_files(), "messages": said}


def take_files() -> str:
    """Return what a call has written into files, and remove them: they are in the way of the next one."""
    files = [path for path in Path.cwd().iterdir() if path.is_file()]
    contents = "".join(path.read_text("utf-8", "replace") for path in files)
    for path in files:
        path.unlink()
    return contents


def main() -> None:
    asked = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "AZURE_CONFIG_DIR": f"{folder}/config",
            "AZURE_CORE_COLLECT_TELEMETRY": "false",
            "AZURE_CORE_NO_COLOR": "true",
            "REQUESTS_CA_BUNDLE": asked["ca_file"],
        }
        write_profile(Path(folder) / "config", asked["subscriptions"])
        os.chdir(folder)
        socket.socket.connect = connect_to_loopback  # type: ignore[method-assign, assignment]
        redirection = Redirection(asked["base"], asked["ca_file"])
        from azure.cli.core._profile import Profile

        Profile._create_credential = lambda *_, **__: SandboxCredential(asked["tokens"])
        answers = [run(call, redirection) for call in asked["calls"]]
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
