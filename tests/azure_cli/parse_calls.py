"""Parse calls of `az` with the real CLI's parser and validators; run by the CLI's own interpreter.

Reads a subscription's id and a list of argument lists from standard input, and writes for each one what the CLI says
about it: `refusal`, "" if it takes the call; `warnings`; and `asks`, whether it would wait for a yes or no. Nothing is
carried out and nothing is sent: where the CLI would begin to, it has taken the call.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import sys
import tempfile
from typing import Any, NoReturn

from messages import Recorder

SUBSCRIPTION = {
    "name": "Images", "state": "Enabled", "isDefault": True,
    "tenantId": "0d7c5f21-9b3e-4c86-a1f4-6e25d80b97c3", "homeTenantId": "0d7c5f21-9b3e-4c86-a1f4-6e25d80b97c3",
    "environmentName": "AzureCloud", "managedByTenants": [], "user": {"name": "maria@example.com", "type": "user"},
}  # fmt: skip


class AcceptedError(BaseException):
    """The call got as far as being carried out. No handler of the CLI catches it."""


def accept(*_: Any, **__: Any) -> NoReturn:
    raise AcceptedError


def refuse_connection(*arguments: Any) -> NoReturn:
    raise OSError(f"no network here: {arguments[1:]}")


class AnyCredential:
    """A token for any request; it's never used."""

    def acquire_token(self, scopes: list[str], **_: Any) -> dict[str, Any]:
        return {"access_token": "token", "expires_in": 3600, "token_type": "Bearer"}


class Parser:
    """The CLI with everything replaced that comes after parsing and validating."""

    def __init__(self, subscription: str) -> None:
        import requests
        from azure.cli.core._profile import Profile
        from azure.cli.core.commands import AzCliCommandInvoker

        self._asks = self._is_executing = False
        signed_in = {**SUBSCRIPTION, "id": subscription}
        socket.socket.connect = refuse_connection  # type: ignore[method-assign]
        requests.Session.send = self._send  # type: ignore[method-assign, assignment]
        AzCliCommandInvoker._run_jobs_serially = accept
        AzCliCommandInvoker._run_jobs_concurrently = accept
        AzCliCommandInvoker.resolve_confirmation = lambda _, command, parsed: self._note_question(command, parsed)
        Profile.get_subscription = lambda *_, **__: signed_in
        Profile.get_subscription_id = lambda *_, **__: subscription
        Profile.load_cached_subscriptions = lambda *_, **__: [signed_in]
        Profile._create_credential = lambda *_, **__: AnyCredential()

    def parse(self, arguments: list[str]) -> dict[str, Any]:
        from azure.cli.core import get_default_cli

        self._asks, recorder, said = False, Recorder(), io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            cli = get_default_cli()
            cli.logging.configure(arguments)
            with recorder.listening():
                refusal = self._find_refusal(cli, arguments, recorder)
        return {"refusal": refusal, "warnings": recorder.messages, "asks": self._asks}

    def _find_refusal(self, cli: Any, arguments: list[str], recorder: Recorder) -> str:
        cli.invocation = cli.invocation_cls(
            cli_ctx=cli,
            commands_loader_cls=cli.commands_loader_cls,
            parser_cls=cli.parser_cls,
            help_cls=cli.help_cls,
            initial_data={"output": "json"},
        )
        self._is_executing = True
        try:
            cli.invocation.execute(arguments)
        except AcceptedError:
            return ""
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the CLI raises is its refusal
            return "; ".join([*recorder.messages, f"{type(error).__name__}: {error}"])
        finally:
            self._is_executing = False
        return "ended without being carried out"

    def _send(self, request: Any, **_: Any) -> NoReturn:
        import requests

        # for a command that it doesn't know, the CLI looks for an extension there; before a call, for its newest version
        if not self._is_executing or "aka.ms" in request.url:
            raise requests.ConnectionError("no network here")
        raise AcceptedError  # a validator looks something up, so that the parser has taken the call

    def _note_question(self, command: Any, parsed: Any) -> None:
        self._asks = bool(command.confirmation) and not getattr(parsed, "yes", None)


def main() -> None:
    asked = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "AZURE_CONFIG_DIR": f"{folder}/config",
            "AZURE_CORE_COLLECT_TELEMETRY": "false",
            "AZURE_CORE_NO_COLOR": "true",
        }
        os.chdir(folder)
        for name in ("template.bicep", "template.json", "body.json", "credential.json", "role.json", "tools.zip"):
            with open(name, "w", encoding="utf-8") as file:  # noqa: PTH123
                file.write('{"Name": "x", "AssignableScopes": ["/subscriptions/x"]}')
        parser = Parser(asked["subscription"])
        answers = [parser.parse(call) for call in asked["calls"]]
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
