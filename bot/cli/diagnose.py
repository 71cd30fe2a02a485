"""`python app.py diagnose`: a diagnosis a file, as text or as one JSON object a line. Needs no bot and no SDK."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from knowledge.catalog.loading import load_entries
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.diagnosis.report import report
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from knowledge.model.errors import EntriesInvalid, UnreadableInput

MATCHED, UNMATCHED, UNREADABLE = 0, 1, 2


def run_diagnose(files: Sequence[str], form: str, language: Language) -> int:
    """Diagnoses every file. Returns 0 when all matched or succeeded, 1 when one did not, 2 when one is unreadable."""
    try:
        diagnoser = Diagnoser(load_entries())
    except EntriesInvalid as error:
        sys.stderr.write(f"{error}\n")
        return UNREADABLE
    status = MATCHED
    names = list(files) or ["-"]
    for position, name in enumerate(names):
        try:
            diagnosis = diagnosed_file(diagnoser, name, language)
        except UnreadableInput as error:
            sys.stderr.write(f"{error}\n")
            status = UNREADABLE
            continue
        _print(diagnosis, form, language, diagnoser, last=position == len(names) - 1)
        if not diagnosis.settled and status == MATCHED:
            status = UNMATCHED
    return status


def _print(diagnosis: Diagnosis, form: str, language: Language, diagnoser: Diagnoser, last: bool) -> None:
    if form == "json":
        line = json.dumps(diagnosis.as_json(), ensure_ascii=True)
        sys.stdout.write(f"{line}\n")
    else:
        sys.stdout.write(report(diagnosis, diagnoser.entries, language) + ("\n" if last else "\n\n"))
    sys.stdout.flush()


def diagnosed_file(diagnoser: Diagnoser, name: str, language: Language) -> Diagnosis:
    """The diagnosis of a file, or of standard input for `-`. Raises `UnreadableInput`."""
    try:
        if name == "-":
            return diagnoser.diagnose_stream(sys.stdin.buffer, language, name)
        with Path(name).open("rb") as stream:
            return diagnoser.diagnose_stream(stream, language, name)
    except OSError as error:
        raise UnreadableInput(f"{name}: cannot be read: {error.strerror or error}") from None
