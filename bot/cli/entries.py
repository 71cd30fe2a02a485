"""`python app.py entries`: list, show, check, and create entries of the knowledge base."""

from __future__ import annotations

import contextlib
import re
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import get_args

from bot.cli.error_output import print_error
from bot.cli.help_text import add_epilog
from dialogs.texts.languages import ENGLISH, list_languages
from dialogs.texts.loading import load_area
from knowledge.catalog.exit_codes import list_step_codes
from knowledge.catalog.findings import load_findings
from knowledge.catalog.loading import ENTRIES_DIR, load_entries
from knowledge.catalog.skeleton import render_skeleton
from knowledge.checks.date_checks import list_stale_entries
from knowledge.checks.entry_checks import check_entries
from knowledge.checks.preflight_checks import check_live_rules, check_preflight_rules
from knowledge.commands.placeholders import Shell
from knowledge.model.entry import Entry, Language, Phase
from knowledge.model.errors import InvalidFilesError

_ENTRY_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+){0,12}")


def add_arguments(parser: ArgumentParser) -> None:
    """Define the options of each action."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list every entry, one per line")
    listing.add_argument("--lang", choices=list_languages(), default=ENGLISH)
    show = actions.add_parser("show", help="show one entry as people see it")
    show.add_argument("id", metavar="ID")
    show.add_argument("--lang", choices=list_languages(), default=ENGLISH)
    check = actions.add_parser("check", help="report every error in the entries, with file and line")
    check.add_argument(
        "--stale",
        type=_parse_days,
        metavar="DAYS",
        help="also list entries that weren't reviewed in the last DAYS days; doesn't affect the exit status",
    )
    new = actions.add_parser("new", help="create a skeleton to fill in")
    new.add_argument("phase", metavar="PHASE")
    new.add_argument("id", metavar="ID")
    add_epilog(
        parser,
        examples=(
            "entries list",
            "entries show build-timeout --lang it",
            "entries check",
            "entries new build my-new-failure",
        ),
        statuses=("0  done", "1  the entries have errors", "2  there's no such entry, or it already exists"),
    )


def run(options: Namespace) -> int:
    """Run one of the actions. Return 0 for success, 1 if the entries have faults, 2 for wrong usage."""
    if options.action == "check":
        return _check_entries(options.stale)
    if options.action == "new":
        return _create_entry(options.phase, options.id)
    try:
        entries = load_entries()
    except InvalidFilesError as error:
        print_error(f"{error}")
        return 1
    return _list_entries(entries, options.lang) if options.action == "list" else _show_entry(entries, options)


def _list_entries(entries: Mapping[str, Entry], language: Language) -> int:
    width = max((len(entry_id) for entry_id in entries), default=0)
    for entry in sorted(entries.values(), key=lambda entry: (entry.phase, entry.id)):
        sys.stdout.write(f"{entry.id:<{width}}  {entry.phase:<12} {entry.severity:<8} {entry.title.get(language)}\n")
    return 0


def _show_entry(entries: Mapping[str, Entry], options: Namespace) -> int:
    if options.id not in entries:
        similar = [entry_id for entry_id in entries if options.id in entry_id][:5]
        hint = f" Did you mean {', '.join(similar)}?" if similar else " See: python app.py entries list"
        print_error(f"There's no entry {options.id!r}.{hint}")
        return 2
    sys.stdout.write(_format_entry(entries[options.id], options.lang))
    return 0


def _parse_days(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ArgumentTypeError(f"{text!r} isn't a number of days")
    return int(text)


def _check_entries(stale_days: int | None) -> int:
    entry_ids = {path.stem for path in ENTRIES_DIR.glob("*/*.yaml")}
    faults = [
        *check_entries(),
        *check_preflight_rules(entry_ids=entry_ids, finding_ids=_list_finding_ids()),
        *check_live_rules(entry_ids=entry_ids),
    ]
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    if stale_days is not None:
        _write_stale_entries(stale_days)
    sys.stdout.write(f"{len(entry_ids)} entries, {len(faults)} errors\n")
    return 1 if faults else 0


def _list_finding_ids() -> Collection[str] | None:
    """Return the IDs of all findings; None if their files have faults, which are already reported."""
    try:
        return load_findings().rules.keys()
    except InvalidFilesError:
        return None


def _write_stale_entries(max_days: int) -> None:
    """Write a warning for each entry that was reviewed more than `max_days` ago."""
    with contextlib.suppress(InvalidFilesError):  # its faults were already written
        for entry, days in list_stale_entries(load_entries().values(), datetime.now(UTC).date(), max_days):
            path = f"{entry.phase}/{entry.id}.yaml"
            sys.stdout.write(f"{path}: warning: last compared with its sources {days} days ago, on {entry.reviewed}\n")


def _create_entry(phase: str, entry_id: str) -> int:
    if phase not in get_args(Phase):
        print_error(f"{phase!r} is not a phase; use {', '.join(get_args(Phase))}")
        return 2
    if not _ENTRY_ID.fullmatch(entry_id):
        print_error(f"{entry_id!r} can't be an entry's ID: use lower-case words with hyphens, such as my-new-failure")
        return 2
    path = ENTRIES_DIR / phase / f"{entry_id}.yaml"
    if path.exists():
        print_error(f"{path} already exists")
        return 2
    path.parent.mkdir(exist_ok=True)
    path.write_text(render_skeleton(entry_id, phase, datetime.now(UTC).date().isoformat()), encoding="utf-8")
    sys.stdout.write(f"{path}\nFill it in, then: python app.py entries check\n")
    return 0


def _format_entry(entry: Entry, language: Language) -> str:
    texts = load_area("report", language)
    phase, severity = texts[f"report.phase.{entry.phase}"], texts[f"report.severity.{entry.severity}"]
    lines = [entry.title.get(language), f"{entry.id} · {phase} · {severity}", texts[f"report.retry.{entry.retry}"], ""]
    lines += [entry.cause.get(language), ""]
    shells: tuple[tuple[Shell, str], ...] = (("Azure CLI", "cli"), ("PowerShell", "powershell"))
    for number, step in enumerate(entry.steps, 1):
        effect = "" if step.effect == "reads" else f" [{texts[f'report.effect.{step.effect}']}]"
        system = f" [{step.os.capitalize()}]" if step.os else ""
        lines.append(f"{number}.{system}{effect} {step.do.get(language)}")
        if step.save_first:
            lines.append(f"   ! {step.save_first.get(language)}")
        codes = list_step_codes(step, language)
        width = max((len(str(code)) for code in codes), default=0)
        lines += [f"     {code:>{width}}  {meaning}" for code, meaning in codes.items()]
        for shell, key in shells:
            command = getattr(step, key)
            if command:
                lines.append(f"   {shell}:")
                lines += [f"     {line}" for line in command.splitlines()]
    if entry.look_alikes:
        lines.append("")
        for other in entry.look_alikes:
            lines += [f"~ {other.entry}", f"   {other.difference.get(language)}"]
    lines += ["", *(f"{reference.title}: {reference.url}" for reference in entry.references)]
    return "\n".join(lines) + "\n"
