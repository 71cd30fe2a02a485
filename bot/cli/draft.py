"""`python app.py draft`: the support case that the bot would draft from a log, for a pipeline or another tracker.

The format `text` is only the text of the case in the chosen language, `markdown` adds the English text, and `json` is
the object that `dialogs.support.case_file` describes, with the diagnosis. What only a person knows is left blank.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path

from bot.cli.diagnose import EXIT_MATCHED, EXIT_UNMATCHED, EXIT_UNREADABLE, diagnose_file
from bot.cli.error_output import print_error
from bot.cli.help_text import add_epilog
from dialogs.context import DialogContext
from dialogs.state.conversation_state import ConversationState
from dialogs.state.diagnosis import truncate_diagnosis
from dialogs.support.case_file import case_to_json, render_markdown
from dialogs.support.case_text import render_case_text
from dialogs.support.draft_builder import build_draft
from dialogs.texts.catalog import get_texts
from dialogs.texts.languages import ENGLISH, list_languages
from knowledge.catalog.loading import load_entries
from knowledge.catalog.support import InvalidSupportRoutingError
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.knowledge_base import load_knowledge_base
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from knowledge.model.errors import InvalidFilesError, UnreadableInputError


def add_arguments(parser: ArgumentParser) -> None:
    """Define the options of the command."""
    parser.add_argument("log", metavar="LOG", help="the file to read; -: standard input")
    parser.add_argument("--format", choices=("text", "json", "markdown"), default="text")
    parser.add_argument("--lang", choices=list_languages(), default=ENGLISH)
    parser.add_argument("--out", metavar="FILE", help="file to write; default: standard output")
    add_epilog(
        parser,
        examples=("draft customization.log", "draft --format markdown --out case.md customization.log"),
        statuses=(
            "0  the log was recognized, or is from a successful build",
            "1  the log wasn't recognized; the draft is written anyway",
            "2  the log can't be read, or the draft can't be written",
        ),
    )


def run(options: Namespace) -> int:
    """Draft the case for one log, `-` for standard input, and return the exit status.

    The status is 0 if the log matched or shows a successful build, 1 if it did neither, and 2 if it cannot be read or
    the draft cannot be written. With status 1 there is a draft too.
    """
    try:
        diagnoser = Diagnoser(load_entries())
        diagnosis = diagnose_file(diagnoser, options.log, options.lang)
        content = render_draft(diagnosis, diagnoser, options.format, options.lang)
    except (InvalidFilesError, InvalidSupportRoutingError, UnreadableInputError) as error:
        print_error(f"{error}")
        return EXIT_UNREADABLE
    if options.out is None:
        sys.stdout.write(content)
        sys.stdout.flush()
    else:
        try:
            Path(options.out).write_text(content, encoding="utf-8", newline="\n")
        except OSError as error:
            print_error(f"{options.out}: cannot be written: {error.strerror or error}")
            return EXIT_UNREADABLE
    return EXIT_MATCHED if diagnosis.is_conclusive else EXIT_UNMATCHED


def render_draft(diagnosis: Diagnosis, diagnoser: Diagnoser, output_format: str, language: Language) -> str:
    """Render the draft in one of the three formats, with a line feed at the end."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    context = DialogContext(language, load_knowledge_base(diagnoser.entries), get_texts(), now)
    case = build_draft(context, ConversationState(diagnosis=truncate_diagnosis(diagnosis)))
    if output_format == "json":
        return json.dumps(case_to_json(context, case, diagnosis), ensure_ascii=True, indent=2) + "\n"
    return render_markdown(context, case) if output_format == "markdown" else render_case_text(context, case) + "\n"
