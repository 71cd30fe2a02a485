"""The rules that an entry must keep beyond its form, each fault with file and line, all of them at once.

An example must match its own entry, first, with the evidence it names; a near miss must not; no entry may match another
entry's example unless one of the two says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import re2

from knowledge.commands import PLACEHOLDERS
from knowledge.diagnosing import Diagnoser
from knowledge.diagnosis import Diagnosis
from knowledge.entry import Entry
from knowledge.errors import Fault
from knowledge.loading import ENTRIES, EntryFile, read_entries
from knowledge.observing import OBSERVATIONS
from knowledge.patterns import BadPattern, compiled
from knowledge.reading import YamlFile

_SHORTEST_FRAGMENT = 5
_LONGEST_TITLE = 90
_ID = re2.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
_PLACEHOLDER = re2.compile(r"<([A-Za-z][A-Za-z0-9]{0,30})>")


def check_entries(root: Path = ENTRIES) -> list[Fault]:
    """Every fault of the entries below `root`, in order; none when all is well."""
    read = read_entries(root)
    entries = {one.entry.id: one.entry for one in read}
    for one in read:
        _names(one, entries)
        _signatures(one)
        _steps(one)
        _completeness(one)
    if not any(one.file.faults() for one in read):
        _examples(read, entries)
    return sorted(fault for one in read for fault in one.file.faults())


def _names(one: EntryFile, entries: Mapping[str, Entry]) -> None:
    entry, file = one
    if not _ID.match(entry.id):
        file.fault(("id",), "an id is lower-case words joined by hyphens")
    for name in entry.explains:
        if name not in entries:
            file.fault(("explains",), f"explains {name!r}, but there is no such entry")
    for index, other in enumerate(entry.look_alikes):
        if other.entry not in entries:
            file.fault(("look_alikes", index, "entry"), f"there is no entry {other.entry!r}")
        elif other.entry == entry.id:
            file.fault(("look_alikes", index, "entry"), "an entry is not its own look-alike")
    for language in ("en", "it"):
        if len(getattr(entry.title, language)) > _LONGEST_TITLE:
            file.fault(("title", language), f"a title has at most {_LONGEST_TITLE} characters")


def _signatures(one: EntryFile) -> None:
    entry, file = one
    seen: set[str] = set()
    for index, signature in enumerate(entry.signatures):
        trail = ("signatures", index)
        if signature.id in seen:
            file.fault((*trail, "id"), f"the signature id {signature.id!r} stands twice")
        seen.add(signature.id)
        if bool(signature.text) == bool(signature.observed):
            file.fault(trail, "a signature has either 'text' or 'observed'")
        if signature.observed and signature.observed not in OBSERVATIONS:
            file.fault((*trail, "observed"), f"{signature.observed!r} is not observed; use {', '.join(OBSERVATIONS)}")
        for text in (*signature.text, *signature.unless, *signature.together_with):
            if len(text.strip()) < _SHORTEST_FRAGMENT:
                file.fault(trail, f"{text!r} is too short to single anything out")
        if signature.regex:
            try:
                compiled(signature.regex)
            except BadPattern as error:
                file.fault((*trail, "regex"), str(error))


def _steps(one: EntryFile) -> None:
    entry, file = one
    for index, step in enumerate(entry.steps):
        trail = ("steps", index)
        if step.effect == "deletes" and step.save_first is None:
            file.fault(trail, "a step that deletes says what to save first ('save_first')")
        if bool(step.cli) != bool(step.powershell):
            file.fault(trail, "a step with a command has it for both Azure CLI ('cli') and PowerShell ('powershell')")
        for key, command in (("cli", step.cli), ("powershell", step.powershell)):
            for found in _PLACEHOLDER.finditer(command or ""):
                if found[1] not in PLACEHOLDERS and not found[1][0].islower():
                    file.fault((*trail, key), f"<{found[1]}>: a placeholder begins with a lower-case letter")


def _completeness(one: EntryFile) -> None:
    entry, file = one
    decisive = any(signature.strength == "decisive" and signature.text for signature in entry.signatures)
    if not entry.steps:
        file.fault((), "an entry has at least one step")
    if not entry.references:
        file.fault((), "an entry names at least one reference")
    if decisive and not entry.examples:
        file.fault((), "a decisive signature needs an example that matches")
    if decisive and not entry.near_misses:
        file.fault((), "a decisive signature needs a near miss that does not match")


def _examples(read: Sequence[EntryFile], entries: Mapping[str, Entry]) -> None:
    diagnoser = Diagnoser(entries)
    for entry, file in read:
        for index, example in enumerate(entry.examples):
            diagnosis = diagnoser.diagnose(example.text)
            problem = _example_problem(diagnosis, entry, example.evidence, example.confidence)
            if problem:
                file.fault(("examples", index), problem)
            _trespassers(diagnosis, entry, entries, file, index)
        for index, miss in enumerate(entry.near_misses):
            match = next((m for m in diagnoser.diagnose(miss.text).matches if m.entry == entry.id), None)
            if match and match.confidence != "possible":
                file.fault(("near_misses", index), f"matches this entry ({match.confidence}), but must not: {miss.why}")


def _example_problem(diagnosis: Diagnosis, entry: Entry, evidence: str, confidence: str) -> str | None:
    if not diagnosis.matches:
        return "does not match any entry"
    top = diagnosis.matches[0]
    if top.entry != entry.id:
        return f"{top.entry} comes first ({top.confidence}), not {entry.id}"
    if top.confidence != confidence:
        return f"matches as {top.confidence}, but says {confidence}"
    wanted = " ".join(evidence.split())
    shown = " ".join(" ".join(line.text.split()) for line in top.evidence)
    return None if wanted in shown else f"the evidence {evidence!r} is not in the lines shown: {shown!r}"


def _trespassers(diagnosis: Diagnosis, entry: Entry, entries: Mapping[str, Entry], file: YamlFile, index: int) -> None:
    named = {look.entry for look in entry.look_alikes} | set(entry.explains)
    for match in diagnosis.matches[1:]:
        other = entries[match.entry]
        says_so = entry.id in {look.entry for look in other.look_alikes} | set(other.explains)
        if match.confidence != "possible" and match.entry not in named and not says_so:
            file.fault(("examples", index), f"{match.entry} matches this example too, and neither names the other")
