"""`python app.py entries`: list, show, check and begin entries of the knowledge base."""

from __future__ import annotations

import sys
from argparse import Namespace
from datetime import UTC, datetime
from typing import get_args

from knowledge.catalog.loading import ENTRIES, load_entries
from knowledge.catalog.skeleton import skeleton
from knowledge.checks import check_entries
from knowledge.commands.placeholders import Shell
from knowledge.model.entry import Entry, Language, Phase
from knowledge.model.errors import EntriesInvalid


def run_entries(options: Namespace) -> int:
    """Runs one of the actions; 0 when all is well, 1 when the entries have faults, 2 for bad usage."""
    if options.action == "check":
        return _check()
    if options.action == "new":
        return _new(options.phase, options.id)
    try:
        entries = load_entries()
    except EntriesInvalid as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if options.action == "list":
        width = max((len(name) for name in entries), default=0)
        for entry in sorted(entries.values(), key=lambda one: (one.phase, one.id)):
            sys.stdout.write(
                f"{entry.id:<{width}}  {entry.phase:<12} {entry.severity:<8} {entry.title.in_(options.lang)}\n"
            )
        return 0
    if options.id not in entries:
        near = [name for name in entries if options.id in name][:5]
        hint = f" Did you mean {', '.join(near)}?" if near else " See: python app.py entries list"
        sys.stderr.write(f"There is no entry {options.id!r}.{hint}\n")
        return 2
    sys.stdout.write(_shown(entries[options.id], options.lang))
    return 0


def _check() -> int:
    faults = check_entries()
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    count = sum(1 for _ in ENTRIES.glob("*/*.yaml"))
    sys.stdout.write(f"{count} entries, {len(faults)} faults\n")
    return 1 if faults else 0


def _new(phase: str, name: str) -> int:
    if phase not in get_args(Phase):
        sys.stderr.write(f"{phase!r} is not a phase; use {', '.join(get_args(Phase))}\n")
        return 2
    path = ENTRIES / phase / f"{name}.yaml"
    if path.exists():
        sys.stderr.write(f"{path} exists already\n")
        return 2
    path.parent.mkdir(exist_ok=True)
    path.write_text(skeleton(name, phase, datetime.now(UTC).date().isoformat()), encoding="utf-8")
    sys.stdout.write(f"{path}\nFill it in, then: python app.py entries check\n")
    return 0


def _shown(entry: Entry, language: Language) -> str:
    lines = [entry.title.in_(language), f"{entry.id} · {entry.phase} · {entry.severity} · retry: {entry.retry}", ""]
    lines += [entry.cause.in_(language), ""]
    shells: tuple[tuple[Shell, str], ...] = (("Azure CLI", "cli"), ("PowerShell", "powershell"))
    for number, step in enumerate(entry.steps, 1):
        mark = "" if step.effect == "reads" else f" [{step.effect}]"
        lines.append(f"{number}.{mark} {step.do.in_(language)}")
        if step.save_first:
            lines.append(f"   ! {step.save_first.in_(language)}")
        for shell, key in shells:
            command = getattr(step, key)
            if command:
                lines.append(f"   {shell}:")
                lines += [f"     {line}" for line in command.splitlines()]
    if entry.look_alikes:
        lines.append("")
        lines += [f"~ {look.entry}: {look.tell.in_(language)}" for look in entry.look_alikes]
    lines += ["", *(f"{reference.title}: {reference.url}" for reference in entry.references)]
    return "\n".join(lines) + "\n"
