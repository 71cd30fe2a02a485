"""The rules that an entry or a guide must keep beyond its form, each fault with file and line, all of them at once.

An example must match its own entry, first, with the evidence it names; a near miss must not; no entry may match another
entry's example unless one of the two says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import re2

from knowledge.build_log.observations import OBSERVATIONS
from knowledge.catalog.exit_codes import CODES, load_exit_codes
from knowledge.catalog.fact_rules import RULES, read_confirming
from knowledge.catalog.howtos import GUIDES, Guides, read_guides
from knowledge.catalog.loading import ENTRIES, EntryFile, read_entries
from knowledge.catalog.script_errors import PATTERNS, load_script_errors
from knowledge.catalog.yaml_section import Trail, YamlFile
from knowledge.commands.placeholders import PLACEHOLDERS
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import LANGUAGES, Entry, LocalText, Step
from knowledge.model.errors import EntriesInvalid, Fault
from knowledge.search.howto_search import Asking
from knowledge.text.patterns import BadPattern, compiled

_SHORTEST_FRAGMENT = 5
_LONGEST_TITLE = 90
_LONGEST_GUIDE_TITLE = 48
_FEWEST_QUESTIONS = 5
_ID = re2.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
_PLACEHOLDER = re2.compile(r"<([A-Za-z][A-Za-z0-9]{0,30})>")


def check_entries(
    root: Path = ENTRIES,
    guides: Path = GUIDES,
    script_errors: Path = PATTERNS,
    exit_codes: Path = CODES,
    confirming: Path = RULES,
) -> list[Fault]:
    """Every fault of the entries below `root` and of the files beside them, in order; none when all is well."""
    faults = _faults_of(load_script_errors, script_errors) + _faults_of(load_exit_codes, exit_codes)
    faults += _guide_faults(guides)
    read = read_entries(root)
    entries = {one.entry.id: one.entry for one in read}
    faults += _confirming_faults(confirming, entries if root == ENTRIES or confirming != RULES else None)
    for one in read:
        _names(one, entries)
        _signatures(one)
        _steps(one.file, (), one.entry.steps)
        _completeness(one)
    if not faults and not any(one.file.faults() for one in read):
        _examples(read, entries)
    return sorted([*faults, *(fault for one in read for fault in one.file.faults())])


def _faults_of(load: Callable[[Path], object], path: Path) -> list[Fault]:
    try:
        load(path)
    except EntriesInvalid as error:
        return list(error.faults)
    return []


def _guide_faults(path: Path) -> list[Fault]:
    """The faults of the guides: their form, their steps, and questions that do not lead to their own guide."""
    listed, words, file = read_guides(path)
    for index, guide in enumerate(listed):
        trail: Trail = ("guides", index)
        if not _ID.match(guide.id):
            file.fault((*trail, "id"), "an id is lower-case words joined by hyphens")
        _title(file, trail, guide.title, _LONGEST_GUIDE_TITLE)
        _steps(file, trail, [step.step for step in guide.steps])
        for key, there in (("steps", guide.steps), ("references", guide.references)):
            if not there:
                file.fault((*trail, key), f"a guide has at least one of its {key!r}")
        for language in LANGUAGES:
            if len(guide.questions[language]) < _FEWEST_QUESTIONS:
                file.fault((*trail, "questions", language), f"a guide lists at least {_FEWEST_QUESTIONS} questions")
    if not file.faults():
        asking = Asking(Guides({guide.id: guide for guide in listed}, words))
        for index, guide in enumerate(listed):
            for language in LANGUAGES:
                for number, question in enumerate(guide.questions[language]):
                    found = asking.asked(question)
                    if found != guide.id:
                        trail = ("guides", index, "questions", language, number)
                        file.fault(trail, f"{question!r} leads to {found or 'no guide'}, not to {guide.id}")
    return file.faults()


def _confirming_faults(path: Path, entries: Mapping[str, Entry] | None) -> list[Fault]:
    """The faults of the rules about facts; they name entries, where `entries` are those that they are for."""
    file, rules = read_confirming(path)
    for index, rule in enumerate(rules):
        for name in rule.entries:
            if entries is not None and name not in entries:
                file.fault(("rules", index, "entries"), f"there is no entry {name!r}")
    return file.faults()


def _title(file: YamlFile, trail: Trail, title: LocalText, longest: int) -> None:
    for language in LANGUAGES:
        if len(title.in_(language)) > longest:
            file.fault((*trail, "title", language), f"a title has at most {longest} characters")


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
    _title(file, (), entry.title, _LONGEST_TITLE)


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


def _steps(file: YamlFile, above: Trail, steps: Sequence[Step]) -> None:
    for index, step in enumerate(steps):
        trail = (*above, "steps", index)
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
