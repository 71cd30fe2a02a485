"""`python app.py draft`: the support case that the bot would draft from a log, for a pipeline or another tracker.

`text` is the case in the language asked for, followed by nothing else; `markdown` adds the English one; `json` is the
object that `dialogs.support.case_file` describes, with the diagnosis in it. What only a person knows is left open.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.cli.diagnose import MATCHED, UNMATCHED, UNREADABLE, diagnosed_file
from dialogs.context import Scene
from dialogs.state.diagnosis import hold
from dialogs.state.state import State
from dialogs.support.case_file import as_json, markdown
from dialogs.support.case_text import case_text
from dialogs.support.draft import fresh
from knowledge.catalog.howtos import load_guides
from knowledge.catalog.loading import load_entries
from knowledge.catalog.questionnaire import guide
from knowledge.catalog.support import SupportInvalid, load_support
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from knowledge.model.errors import EntriesInvalid, UnreadableInput


def run_draft(log: str, form: str, language: Language, out: str | None) -> int:
    """Drafts the case of one log, `-` for standard input.

    Returns 0 when the log matched or its build succeeded, 1 when it did neither (there is a draft all the same), 2 when
    it cannot be read or `out` cannot be written.
    """
    try:
        diagnoser = Diagnoser(load_entries())
        diagnosis = diagnosed_file(diagnoser, log, language)
        content = drafted(diagnosis, diagnoser, form, language)
    except (EntriesInvalid, SupportInvalid, UnreadableInput) as error:
        sys.stderr.write(f"{error}\n")
        return UNREADABLE
    if out is None:
        sys.stdout.write(content)
        sys.stdout.flush()
    else:
        try:
            Path(out).write_text(content, encoding="utf-8", newline="\n")
        except OSError as error:
            sys.stderr.write(f"{out}: cannot be written: {error.strerror or error}\n")
            return UNREADABLE
    return MATCHED if diagnosis.settled else UNMATCHED


def drafted(diagnosis: Diagnosis, diagnoser: Diagnoser, form: str, language: Language) -> str:
    """The draft in one of the three forms, ended by a line feed."""
    entries = diagnoser.entries
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    scene = Scene(language, entries, guide(entries.values()), load_support(), now, load_guides())
    case = fresh(scene, State(diagnosis=hold(diagnosis)))
    if form == "json":
        return json.dumps(as_json(scene, case, diagnosis), ensure_ascii=True, indent=2) + "\n"
    return markdown(scene, case) if form == "markdown" else case_text(scene, case) + "\n"
