"""`python app.py diagnose`: one diagnosis per file, as text or as a JSON object per line.

It needs neither a running bot nor an SDK.
"""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from bot.cli.diagnosis_report import DiagnosisReport
from bot.cli.error_output import print_error
from bot.cli.help_text import add_epilog
from bot.cli.read_progress import show_progress
from bot.terminal.style import TerminalStyle
from dialogs.texts.languages import ENGLISH, list_languages
from knowledge.catalog.loading import load_entries
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from knowledge.model.errors import InvalidFilesError, UnreadableInputError

_END_OF_INPUT = "Ctrl+Z and Enter" if os.name == "nt" else "Ctrl+D"
EXIT_MATCHED, EXIT_UNMATCHED, EXIT_UNREADABLE = 0, 1, 2


def add_arguments(parser: ArgumentParser) -> None:
    """Define the options of the command."""
    parser.add_argument("files", nargs="*", metavar="FILE", help="files to read; - or none: standard input")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")
    parser.add_argument("--lang", choices=list_languages(), default=ENGLISH, help="default: %(default)s")
    add_epilog(
        parser,
        examples=(
            "diagnose customization.log",
            "diagnose --format json build-1.log build-2.log",
            "az image builder show -n win11-golden -g rg-images | python app.py diagnose",
        ),
        statuses=(
            "0  every input was recognized, or is the log of a successful build",
            "1  at least one wasn't recognized",
            "2  an input couldn't be read, or the usage was wrong",
        ),
    )


def run(options: Namespace) -> int:
    """Diagnose every file and return the exit status.

    The status is 0 if each log matched or shows a successful build, 1 if one didn't, and 2 if one can't be read.
    """
    try:
        entries = load_entries()
        diagnoser = Diagnoser(entries)
        style = TerminalStyle.detect()
        report = DiagnosisReport(entries, options.lang, diagnoser.findings, style) if options.format == "text" else None
    except InvalidFilesError as error:
        print_error(f"{error}")
        return EXIT_UNREADABLE
    status = EXIT_MATCHED
    names = options.files or ["-"]
    for position, name in enumerate(names):
        try:
            diagnosis = diagnose_file(diagnoser, name, options.lang)
        except UnreadableInputError as error:
            print_error(f"{error}")
            status = EXIT_UNREADABLE
            continue
        _print_diagnosis(diagnosis, report, is_last=position == len(names) - 1)
        if not diagnosis.is_conclusive and status == EXIT_MATCHED:
            status = EXIT_UNMATCHED
    return status


def _print_diagnosis(diagnosis: Diagnosis, report: DiagnosisReport | None, is_last: bool) -> None:
    """Print it as text, or as JSON without a `report`."""
    if report is None:
        line = json.dumps(diagnosis.to_json(), ensure_ascii=True)
        sys.stdout.write(f"{line}\n")
    else:
        sys.stdout.write(report.render(diagnosis) + ("\n" if is_last else "\n\n"))
    sys.stdout.flush()


def diagnose_file(diagnoser: Diagnoser, name: str, language: Language) -> Diagnosis:
    """Diagnose a file, or standard input for `-`.

    Raises:
        UnreadableInputError: the file cannot be read.
    """
    try:
        if name == "-":
            if sys.stdin.isatty():
                print_error(f"Paste the log or the error, then press {_END_OF_INPUT}.")
            return diagnoser.diagnose_stream(sys.stdin.buffer, language, name)
        with Path(name).open("rb") as stream, show_progress(name, os.fstat(stream.fileno()).st_size) as progress:
            return diagnoser.diagnose_stream(stream, language, name, progress)
    except OSError as error:
        raise UnreadableInputError(f"{name}: cannot be read: {error.strerror or error}") from None
