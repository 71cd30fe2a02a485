"""`python app.py serve`: reads the settings and starts the server."""

from __future__ import annotations

import asyncio
import gc
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping

from bot.auth.credentials import read_credentials
from bot.cli.error_output import print_error
from bot.cli.help_text import add_epilog
from bot.errors import SettingsError, StartError
from bot.host.conversation import load_knowledge
from bot.settings.setting import SettingReader
from knowledge.model.errors import KnowledgeError

_PLAYGROUND_REFUSED = (
    "The Teams test client sends no tokens, and a bot with credentials requires them. Start the bot without the "
    "test client (python app.py serve), or unset MicrosoftAppId and its related settings to try it on this machine."
)


def add_arguments(parser: ArgumentParser) -> None:
    """Define the options of the command."""
    parser.add_argument(
        "--playground", action="store_true", help="also start the Agents Playground, the Teams test client"
    )
    add_sandbox_argument(parser)
    add_epilog(
        parser,
        examples=("serve", "serve --playground --sandbox"),
        statuses=("0  stopped by a signal", "1  the settings have errors"),
    )


def add_sandbox_argument(parser: ArgumentParser) -> None:
    """Define the option that `build_environ` reads."""
    parser.add_argument("--sandbox", action="store_true", help="use made-up templates unless AZURE_LOOK is set")


def run(options: Namespace) -> int:
    """Serve Teams, or its test client if `--playground` is set. Return the exit status."""
    from bot.host.run import serve
    from bot.host.settings import read_settings
    from bot.telemetry.opentelemetry import open_telemetry

    try:
        # checked first: with credentials, reading the settings below would only complain about the sandbox
        if options.playground and read_credentials(SettingReader(os.environ)):
            raise SettingsError([_PLAYGROUND_REFUSED])
        settings = read_settings(build_environ(options))
        observer = open_telemetry(os.environ)
        known = load_knowledge()
    except (SettingsError, StartError, KnowledgeError) as error:
        print_error(f"Image Medic cannot start:\n{error}")
        return 1
    # the knowledge stays until the end: going through it for garbage would stop all turns for a tenth of a second
    gc.freeze()
    try:
        return asyncio.run(serve(settings, known, options.playground, observer))
    finally:
        observer.close()


def build_environ(options: Namespace) -> Mapping[str, str]:
    """Return the environment, with the sandbox turned on if `--sandbox` is set and `AZURE_LOOK` is not."""
    if not options.sandbox or os.environ.get("AZURE_LOOK", "").strip():
        return os.environ
    turned_on = {name: os.environ.get(name, "") or "on" for name in ("SUPPORT_FILING", "SHARE_LOOKS")}
    return {**os.environ, "AZURE_LOOK": "sandbox", **turned_on}


def build_local_environ(options: Namespace) -> Mapping[str, str]:
    """Return the same for a command that reads Azure with this machine's `az login` unless it's told otherwise."""
    environ = build_environ(options)
    return environ if environ.get("AZURE_LOOK", "").strip() else {**environ, "AZURE_LOOK": "local"}
