"""The entry point of Image Medic: reads the command line and runs a command.

Only the module of the command being run is imported, so `diagnose` starts fast and without the bot's dependencies.
"""

from __future__ import annotations

import argparse
import errno
import gc
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn, Protocol, cast

MIN_PYTHON, MAX_PYTHON = (3, 11), (3, 14)

COMMANDS: Mapping[str, str] = {
    "serve": "run the bot's HTTP server (default)",
    "chat": "chat with the bot in this terminal",
    "diagnose": "diagnose logs and error texts, without running the bot",
    "look": "show a template's last run and why it failed, using your az login",
    "preflight": "find what would make a build fail, before submitting the template",
    "draft": "draft a support case from a log, without running the bot",
    "entries": "work with the knowledge base: list, show, check, new",
    "package": "build the Teams app package; each option can also be an environment variable",
    "doctor": "check this installation: settings, credentials, state, endpoint",
    "report": "count which failures recur, weren't recognized, or were judged wrong",
    "score": "measure how good the answers are on your own failures",
}
"""Every command, with its line in the help. `bot/cli/<command>.py` defines its options and runs it."""

_DEFAULT_COMMAND = "serve"
_BROKEN_PIPE_STATUS = 141
"""128 + SIGPIPE: the status that shells report if a program's reader is gone."""
_INTERRUPTED_STATUS = 130
"""128 + SIGINT."""
_UNWRITABLE_STATUS = 2
_FULL_OUTPUT_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""How the system says that standard output takes nothing more. Commands handle the files that they write themselves."""
_OBJECTS_UNTIL_COLLECTION = 50_000


class CommandModule(Protocol):
    """The interface of a command's module in `bot/cli/`."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Define the command's options."""

    def run(self, options: argparse.Namespace) -> int:
        """Run the command and return its exit status."""


class CommandParser(argparse.ArgumentParser):
    """A parser whose errors are safe to print: an argument can be the name of a file that somebody else chose."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and the error, with control characters made visible, and exit with status 2."""
        super().error("".join(char if char.isprintable() else repr(char)[1:-1] for char in message))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    if not MIN_PYTHON <= sys.version_info[:2] <= MAX_PYTHON:
        version = ".".join(map(str, sys.version_info[:2]))
        sys.stderr.write(f"Image Medic needs Python 3.11 to 3.14, but this is {version}. Use another version.\n")
        return 2
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments:
        arguments = [_DEFAULT_COMMAND]
    options = build_parser(arguments).parse_args(arguments)
    return load_command(options.command).run(options)


def load_command(name: str) -> CommandModule:
    """Import the module of a command."""
    return cast(CommandModule, importlib.import_module(f"bot.cli.{name}"))


def build_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Build the parser: with the options of the command that `arguments` name, or for all commands without options."""
    parser = CommandParser(prog="app.py", description="Image Medic: troubleshooting for Azure VM Image Builder")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, prog=parser.prog)
    named = next((argument for argument in arguments if not argument.startswith("-")), "")
    if named in COMMANDS:
        load_command(named).add_arguments(commands.add_parser(named, description=COMMANDS[named]))
    else:
        if named:
            parser.error(_explain_unknown_command(named))
        for name, description in COMMANDS.items():
            commands.add_parser(name, help=description)
        version = f"Image Medic {_read_version()}, Python {sys.version.split()[0]}"
        parser.add_argument("--version", action="version", version=version, help="print the version and exit")
        parser.epilog = "Run python app.py COMMAND --help for a command's options and examples."
    return parser


def _read_version() -> str:
    """Return the version; "unknown" if the program was copied without its project file."""
    import tomllib  # most starts don't need it

    try:
        return str(tomllib.loads((Path(__file__).parent / "pyproject.toml").read_text("utf-8"))["project"]["version"])
    except OSError:
        return "unknown"


def _explain_unknown_command(name: str) -> str:
    """Explain that a command doesn't exist, and suggest what was probably meant."""
    import difflib  # only a typo needs it

    if Path(name).exists():
        return f"{name} is a file, not a command; did you mean: python app.py diagnose {name}"
    close = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = f"did you mean {close[0]}?" if close else f"the commands are {', '.join(COMMANDS)}"
    return f"there is no command {name!r}; {hint}"


def _run_for_shell() -> int:
    """Run `main`, and exit quietly if the reader closes the pipe early, as `| head` does."""
    # Nearly all objects created at startup live until the end, so collecting garbage among them is pointless.
    gc.set_threshold(_OBJECTS_UNTIL_COLLECTION)
    try:
        status = main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return _INTERRUPTED_STATUS
    except BrokenPipeError:
        _discard_output()
        return _BROKEN_PIPE_STATUS
    except OSError as error:
        if error.errno not in _FULL_OUTPUT_ERRORS:
            raise
        _discard_output()
        sys.stderr.write(f"The output cannot be written: {error.strerror}.\n")
        return _UNWRITABLE_STATUS
    finally:
        gc.freeze()  # at exit too
    return status


def _discard_output() -> None:
    # the interpreter flushes standard output again at exit, which would fail again
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(_run_for_shell())
