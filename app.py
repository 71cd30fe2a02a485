"""The entry point of Image Medic: reads the command line and runs a command.

Each command imports its own modules, so that `diagnose`, for example, starts fast and without the bot's dependencies.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dialogs.texts.languages import ENGLISH, list_languages

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

MIN_PYTHON, MAX_PYTHON = (3, 11), (3, 14)

_BROKEN_PIPE_STATUS = 141
"""128 + SIGPIPE: the status that shells report for a program whose reader is gone."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    if not MIN_PYTHON <= sys.version_info[:2] <= MAX_PYTHON:
        version = ".".join(map(str, sys.version_info[:2]))
        sys.stderr.write(f"Image Medic needs Python 3.11 to 3.14; this is {version}. Start it with another one.\n")
        return 2
    parser = _build_parser()
    options = parser.parse_args(arguments)
    command = options.command or "serve"
    if command == "diagnose":
        from bot.cli.diagnose import run_diagnose

        return run_diagnose(options.files, options.format, options.lang)
    if command == "draft":
        from bot.cli.draft import run_draft

        return run_draft(options.log, options.format, options.lang, options.out)
    if command == "entries":
        from bot.cli.entries import run_entries

        return run_entries(options)
    if command == "package":
        from bot.cli.package import run_package

        return run_package(options)
    if command == "score":
        from bot.cli.score import run_score

        return run_score(options.cases, options.logs)
    if command == "doctor":
        from bot.cli.doctor import run_doctor

        return run_doctor()
    if command == "report":
        from bot.cli.report import run_report

        return run_report(options.days)
    from bot.cli.serve import run_chat, run_serve

    return run_chat(options) if command == "chat" else run_serve(options)


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="app.py", description="Image Medic: troubleshooting for Azure VM Image Builder"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_bot_commands(commands)
    _add_diagnosis_commands(commands)
    _add_entries_command(commands)
    _add_package_command(commands)
    _add_operator_commands(commands)
    # `app.py` without a command means `serve`
    parser.set_defaults(playground=False, sandbox=False)
    return parser


def _add_bot_commands(commands: Subparsers) -> None:
    serve = commands.add_parser("serve", help="the bot's HTTP server (default)")
    serve.add_argument("--playground", action="store_true", help="also start the Agents Playground, Teams' test client")
    chat = commands.add_parser("chat", help="the same bot in this terminal")
    for command in (serve, chat):
        command.add_argument("--sandbox", action="store_true", help="look at made-up Azure, unless AZURE_LOOK is set")


def _add_diagnosis_commands(commands: Subparsers) -> None:
    diagnose = commands.add_parser("diagnose", help="diagnose files or standard input, without a bot")
    diagnose.add_argument("files", nargs="*", metavar="FILE", help="files; - or none: standard input")
    diagnose.add_argument("--format", choices=("text", "json"), default="text")
    diagnose.add_argument("--lang", choices=list_languages(), default=ENGLISH)
    draft = commands.add_parser("draft", help="the support case for a log, without a bot")
    draft.add_argument("log", metavar="LOG", help="a file; -: standard input")
    draft.add_argument("--format", choices=("text", "json", "markdown"), default="text")
    draft.add_argument("--lang", choices=list_languages(), default=ENGLISH)
    draft.add_argument("--out", metavar="FILE", help="write it there; default: standard output")


def _add_entries_command(commands: Subparsers) -> None:
    entries = commands.add_parser("entries", help="the knowledge base: list, show ID, check, new PHASE ID")
    actions = entries.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="every entry, a line each")
    listing.add_argument("--lang", choices=list_languages(), default=ENGLISH)
    show = actions.add_parser("show", help="one entry as people see it")
    show.add_argument("id", metavar="ID")
    show.add_argument("--lang", choices=list_languages(), default=ENGLISH)
    actions.add_parser("check", help="every fault of the entries, with file and line")
    new = actions.add_parser("new", help="a skeleton to fill in")
    new.add_argument("phase", metavar="PHASE")
    new.add_argument("id", metavar="ID")


def _add_package_command(commands: Subparsers) -> None:
    package = commands.add_parser("package", help="the Teams app package; each option can be an environment variable")
    package.add_argument("--bot-id", metavar="GUID", help="the bot's application id (BOT_ID)")
    package.add_argument("--domain", metavar="HOST", help="the bot's public host name (BOT_DOMAIN)")
    package.add_argument("--website", metavar="URL", help="the page about the app and its support (WEBSITE_URL)")
    package.add_argument("--privacy", metavar="URL", help="the privacy statement (PRIVACY_URL)")
    package.add_argument("--terms", metavar="URL", help="the terms of use (TERMS_URL)")
    package.add_argument("--developer", metavar="NAME", help="who publishes it (DEVELOPER_NAME)")
    package.add_argument("--app-id", metavar="GUID", help="the app's id in Teams; default: the bot's (TEAMS_APP_ID)")
    package.add_argument(
        "--sign-in-app", metavar="GUID", help="with AZURE_LOOK=user: the registration people sign in to (OAUTH_APP_ID)"
    )
    package.add_argument("--out", metavar="FILE", default="dist/image-medic.zip", help="default: %(default)s")


def _add_operator_commands(commands: Subparsers) -> None:
    commands.add_parser("doctor", help="what is wrong with this installation: settings, credentials, state, endpoint")
    report = commands.add_parser("report", help="what recurs, what was not recognized, what was judged wrong")
    report.add_argument("--days", type=int, default=30, metavar="N", help="how far back (default: %(default)s)")
    score = commands.add_parser("score", help="how often the right entry comes first on your own failures")
    score.add_argument("cases", metavar="CASES", help="a YAML list of {id, text, expect, kind}")
    score.add_argument("logs", nargs="?", metavar="LOGS", help="a folder of build logs with an index.yaml")


def _run_for_shell() -> int:
    """Run `main`, and exit quietly if the reader closes the pipe early, as `| head` does."""
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # the interpreter flushes standard output again at exit, which would fail again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE_STATUS
    return status


if __name__ == "__main__":
    sys.exit(_run_for_shell())
