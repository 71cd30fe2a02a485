"""The rules that an entry or a guide must keep beyond its form, each fault with file and line, all of them at once.

An example must match its own entry, first, with the evidence it names; a near miss must not; no entry may match another
entry's example unless one of the two says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import re2

from knowledge.build_log.observations import OBSERVATION_IDS
from knowledge.catalog.exit_codes import EXIT_CODES_PATH, load_exit_codes
from knowledge.catalog.fact_rules import FACT_RULES_PATH, read_fact_rules
from knowledge.catalog.howtos import HOWTOS_PATH, Howtos, read_howtos
from knowledge.catalog.loading import ENTRIES_DIR, EntryFile, read_entries
from knowledge.catalog.script_errors import SCRIPT_ERRORS_PATH, load_script_errors
from knowledge.catalog.yaml_section import KeyPath, YamlFile
from knowledge.commands.placeholders import PLACEHOLDERS
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import LANGUAGES, Entry, LocalizedText, Step
from knowledge.model.errors import Fault, InvalidEntriesError
from knowledge.search.howto_search import HowtoSearch
from knowledge.text.patterns import InvalidPatternError, compile_pattern

_MIN_FRAGMENT_CHARS = 5
_MAX_TITLE_CHARS = 90
_MAX_HOWTO_TITLE_CHARS = 48
_MIN_QUESTIONS = 5
_ID = re2.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
_PLACEHOLDER = re2.compile(r"<([A-Za-z][A-Za-z0-9]{0,30})>")


def check_entries(
    root: Path = ENTRIES_DIR,
    howtos: Path = HOWTOS_PATH,
    script_errors: Path = SCRIPT_ERRORS_PATH,
    exit_codes: Path = EXIT_CODES_PATH,
    fact_rules: Path = FACT_RULES_PATH,
) -> list[Fault]:
    """Every fault of the entries below `root` and of the files beside them, in order; none when all is well."""
    faults = _collect_faults(load_script_errors, script_errors) + _collect_faults(load_exit_codes, exit_codes)
    faults += _check_howtos(howtos)
    read = read_entries(root)
    entries = {one.entry.id: one.entry for one in read}
    faults += _check_fact_rules(fact_rules, entries if root == ENTRIES_DIR or fact_rules != FACT_RULES_PATH else None)
    for one in read:
        _check_names(one, entries)
        _check_signatures(one)
        _check_steps(one.file, (), one.entry.steps)
        _check_completeness(one)
    if not faults and not any(one.file.list_faults() for one in read):
        _check_examples(read, entries)
    return sorted([*faults, *(fault for one in read for fault in one.file.list_faults())])


def _collect_faults(load: Callable[[Path], object], path: Path) -> list[Fault]:
    try:
        load(path)
    except InvalidEntriesError as error:
        return list(error.faults)
    return []


def _check_howtos(path: Path) -> list[Fault]:
    """The faults of the guides: their form, their steps, and questions that do not lead to their own guide."""
    listed, words, file = read_howtos(path)
    for index, guide in enumerate(listed):
        trail: KeyPath = ("guides", index)
        if not _ID.match(guide.id):
            file.add_fault((*trail, "id"), "an id is lower-case words joined by hyphens")
        _check_title(file, trail, guide.title, _MAX_HOWTO_TITLE_CHARS)
        _check_steps(file, trail, [step.step for step in guide.steps])
        for key, there in (("steps", guide.steps), ("references", guide.references)):
            if not there:
                file.add_fault((*trail, key), f"a guide has at least one of its {key!r}")
        for language in LANGUAGES:
            if len(guide.questions[language]) < _MIN_QUESTIONS:
                file.add_fault((*trail, "questions", language), f"a guide lists at least {_MIN_QUESTIONS} questions")
    if not file.list_faults():
        asking = HowtoSearch(Howtos({guide.id: guide for guide in listed}, words))
        for index, guide in enumerate(listed):
            for language in LANGUAGES:
                for number, question in enumerate(guide.questions[language]):
                    found = asking.find_howto(question)
                    if found != guide.id:
                        trail = ("guides", index, "questions", language, number)
                        file.add_fault(trail, f"{question!r} leads to {found or 'no guide'}, not to {guide.id}")
    return file.list_faults()


def _check_fact_rules(path: Path, entries: Mapping[str, Entry] | None) -> list[Fault]:
    """The faults of the rules about facts; they name entries, where `entries` are those that they are for."""
    file, rules = read_fact_rules(path)
    for index, rule in enumerate(rules):
        for name in rule.entries:
            if entries is not None and name not in entries:
                file.add_fault(("rules", index, "entries"), f"there is no entry {name!r}")
    return file.list_faults()


def _check_title(file: YamlFile, key_path: KeyPath, title: LocalizedText, max_chars: int) -> None:
    for language in LANGUAGES:
        if len(title.get(language)) > max_chars:
            file.add_fault((*key_path, "title", language), f"a title has at most {max_chars} characters")


def _check_names(entry_file: EntryFile, entries: Mapping[str, Entry]) -> None:
    entry, file = entry_file
    if not _ID.match(entry.id):
        file.add_fault(("id",), "an id is lower-case words joined by hyphens")
    for name in entry.explains:
        if name not in entries:
            file.add_fault(("explains",), f"explains {name!r}, but there is no such entry")
    for index, other in enumerate(entry.look_alikes):
        if other.entry not in entries:
            file.add_fault(("look_alikes", index, "entry"), f"there is no entry {other.entry!r}")
        elif other.entry == entry.id:
            file.add_fault(("look_alikes", index, "entry"), "an entry is not its own look-alike")
    _check_title(file, (), entry.title, _MAX_TITLE_CHARS)


def _check_signatures(entry_file: EntryFile) -> None:
    entry, file = entry_file
    seen: set[str] = set()
    for index, signature in enumerate(entry.signatures):
        trail = ("signatures", index)
        if signature.id in seen:
            file.add_fault((*trail, "id"), f"the signature id {signature.id!r} stands twice")
        seen.add(signature.id)
        if bool(signature.text) == bool(signature.observed):
            file.add_fault(trail, "a signature has either 'text' or 'observed'")
        if signature.observed and signature.observed not in OBSERVATION_IDS:
            file.add_fault(
                (*trail, "observed"), f"{signature.observed!r} is not observed; use {', '.join(OBSERVATION_IDS)}"
            )
        for text in (*signature.text, *signature.unless, *signature.requires):
            if len(text.strip()) < _MIN_FRAGMENT_CHARS:
                file.add_fault(trail, f"{text!r} is too short to single anything out")
        if signature.regex:
            try:
                compile_pattern(signature.regex)
            except InvalidPatternError as error:
                file.add_fault((*trail, "regex"), str(error))


def _check_steps(file: YamlFile, parent_path: KeyPath, steps: Sequence[Step]) -> None:
    for index, step in enumerate(steps):
        trail = (*parent_path, "steps", index)
        if step.effect == "deletes" and step.save_first is None:
            file.add_fault(trail, "a step that deletes says what to save first ('save_first')")
        if bool(step.cli) != bool(step.powershell):
            file.add_fault(
                trail, "a step with a command has it for both Azure CLI ('cli') and PowerShell ('powershell')"
            )
        for key, command in (("cli", step.cli), ("powershell", step.powershell)):
            for found in _PLACEHOLDER.finditer(command or ""):
                if found[1] not in PLACEHOLDERS and not found[1][0].islower():
                    file.add_fault((*trail, key), f"<{found[1]}>: a placeholder begins with a lower-case letter")


def _check_completeness(entry_file: EntryFile) -> None:
    entry, file = entry_file
    decisive = any(signature.strength == "decisive" and signature.text for signature in entry.signatures)
    if not entry.steps:
        file.add_fault((), "an entry has at least one step")
    if not entry.references:
        file.add_fault((), "an entry names at least one reference")
    if decisive and not entry.examples:
        file.add_fault((), "a decisive signature needs an example that matches")
    if decisive and not entry.near_misses:
        file.add_fault((), "a decisive signature needs a near miss that does not match")


def _check_examples(entry_files: Sequence[EntryFile], entries: Mapping[str, Entry]) -> None:
    diagnoser = Diagnoser(entries)
    for entry, file in entry_files:
        for index, example in enumerate(entry.examples):
            diagnosis = diagnoser.diagnose(example.text)
            problem = _find_example_problem(diagnosis, entry, example.evidence, example.confidence)
            if problem:
                file.add_fault(("examples", index), problem)
            _check_other_matches(diagnosis, entry, entries, file, index)
        for index, miss in enumerate(entry.near_misses):
            match = next((m for m in diagnoser.diagnose(miss.text).matches if m.entry == entry.id), None)
            if match and match.confidence != "possible":
                file.add_fault(
                    ("near_misses", index), f"matches this entry ({match.confidence}), but must not: {miss.why}"
                )


def _find_example_problem(diagnosis: Diagnosis, entry: Entry, evidence: str, confidence: str) -> str | None:
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


def _check_other_matches(
    diagnosis: Diagnosis, entry: Entry, entries: Mapping[str, Entry], file: YamlFile, index: int
) -> None:
    named = {look.entry for look in entry.look_alikes} | set(entry.explains)
    for match in diagnosis.matches[1:]:
        other = entries[match.entry]
        says_so = entry.id in {look.entry for look in other.look_alikes} | set(other.explains)
        if match.confidence != "possible" and match.entry not in named and not says_so:
            file.add_fault(("examples", index), f"{match.entry} matches this example too, and neither names the other")
