"""Checks the content of the knowledge base's files and reports every fault with file and line.

The loaders check structure: keys, types, and allowed values. The rules here go beyond that. An example must match its
own entry first, with the evidence it names. A near miss must not match. An entry must not match another entry's example
unless one of them names the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import re2

from knowledge.build_log.observations import OBSERVATION_IDS
from knowledge.catalog.breaking_dates import DATES_PATH
from knowledge.catalog.error_codes import ERROR_CODES_PATH, read_error_codes
from knowledge.catalog.exit_codes import EXIT_CODES_PATH, load_exit_codes
from knowledge.catalog.fact_rules import FACT_RULES_PATH, read_fact_rules
from knowledge.catalog.findings import FINDINGS_DIR
from knowledge.catalog.howtos import HOWTOS_PATH, Howto, Howtos, read_howtos
from knowledge.catalog.loading import ENTRIES_DIR, EntryFile, read_entries
from knowledge.checks.code_checks import check_codes
from knowledge.checks.command_checks import check_commands
from knowledge.checks.date_checks import check_dates, parse_review_day
from knowledge.checks.finding_checks import check_findings, check_headlines
from knowledge.checks.order_checks import check_order
from knowledge.commands.placeholders import PLACEHOLDERS
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import COMPLETE_LANGUAGES, Entry, Example, LocalizedText, Signature, Step
from knowledge.model.errors import Fault, InvalidFilesError
from knowledge.patterns import collapse_whitespace
from knowledge.search.howto_search import HowtoSearch
from knowledge.yaml_files.yaml_section import KeyPath, YamlFile

_MIN_FRAGMENT_CHARS = 5
_MAX_TITLE_CHARS = 90
_MAX_HOWTO_TITLE_CHARS = 48
_MIN_QUESTIONS = 5
_ID = re2.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
_PLACEHOLDER = re2.compile(r"<([A-Za-z][A-Za-z0-9]{0,30})>")


def check_entries(
    root: Path = ENTRIES_DIR,
    howtos: Path = HOWTOS_PATH,
    findings: Path = FINDINGS_DIR,
    exit_codes: Path = EXIT_CODES_PATH,
    error_codes: Path = ERROR_CODES_PATH,
    fact_rules: Path = FACT_RULES_PATH,
    dates: Path = DATES_PATH,
) -> list[Fault]:
    """Return every fault of the entries below `root` and of the other files, sorted by file and line.

    Examples are tried only if there are no other faults, since all entries must be loadable.
    """
    faults = check_findings(findings) + _collect_faults(load_exit_codes, exit_codes)
    faults += _check_howtos(howtos)
    entry_files = read_entries(root)
    entries = {entry.id: entry for entry, _ in entry_files}
    # The shipped rules and dates refer to the shipped entries, so they can't be checked against others.
    faults += _check_error_codes(
        error_codes, entries if root == ENTRIES_DIR or error_codes != ERROR_CODES_PATH else None
    )
    are_rules_for_entries = root == ENTRIES_DIR or fact_rules != FACT_RULES_PATH
    faults += _check_fact_rules(fact_rules, entries if are_rules_for_entries else None)
    faults += check_dates(dates, entries if root == ENTRIES_DIR or dates != DATES_PATH else None)
    for entry_file in entry_files:
        _check_names(entry_file, entries)
        _check_signatures(entry_file)
        check_headlines(*entry_file)
        _check_steps(entry_file.file, (), entry_file.entry.steps)
        check_order(entry_file.file, (), entry_file.entry.steps, entry_file.entry.retry)
        _check_completeness(entry_file)
    if not faults and not any(file.list_faults() for _, file in entry_files):
        _check_examples(entry_files, entries)
    return sorted([*faults, *(fault for _, file in entry_files for fault in file.list_faults())])


def _collect_faults(load: Callable[[Path], object], path: Path) -> list[Fault]:
    try:
        load(path)
    except InvalidFilesError as error:
        return list(error.faults)
    return []


def _check_howtos(path: Path) -> list[Fault]:
    """Return the faults of the how-tos: their structure, their steps, and questions that lead elsewhere."""
    howtos, vocabulary, file = read_howtos(path)
    for index, howto in enumerate(howtos):
        _check_howto(file, ("guides", index), howto)
    if not file.list_faults():
        search = HowtoSearch(Howtos({howto.id: howto for howto in howtos}, vocabulary))
        for index, howto in enumerate(howtos):
            _check_questions(file, ("guides", index, "questions"), howto, search)
    return file.list_faults()


def _check_howto(file: YamlFile, key_path: KeyPath, howto: Howto) -> None:
    if not _ID.match(howto.id):
        file.add_fault((*key_path, "id"), "an id is lower-case words joined by hyphens")
    _check_title(file, key_path, howto.title, _MAX_HOWTO_TITLE_CHARS)
    _check_steps(file, key_path, [step.step for step in howto.steps])
    for key, items in (("steps", howto.steps), ("references", howto.references)):
        if not items:
            file.add_fault((*key_path, key), f"a guide has at least one of its {key!r}")
    for language in COMPLETE_LANGUAGES:
        if len(howto.questions[language]) < _MIN_QUESTIONS:
            file.add_fault((*key_path, "questions", language), f"a guide lists at least {_MIN_QUESTIONS} questions")


def _check_questions(file: YamlFile, key_path: KeyPath, howto: Howto, search: HowtoSearch) -> None:
    for language, questions in howto.questions.items():
        for index, question in enumerate(questions):
            target = search.find_howto(question)
            if target != howto.id:
                message = f"{question!r} leads to {target or 'no guide'}, not to {howto.id}"
                file.add_fault((*key_path, language, index), message)


def _check_fact_rules(path: Path, entries: Mapping[str, Entry] | None) -> list[Fault]:
    """Return the faults of the fact rules; with `entries`, also rules that name an entry not among them."""
    file, rules = read_fact_rules(path)
    for index, rule in enumerate(rules.rules):
        for name in rule.entries:
            if entries is not None and name not in entries:
                file.add_fault(("rules", index, "entries"), f"there's no entry {name!r}")
    return file.list_faults()


def _check_error_codes(path: Path, entries: Mapping[str, Entry] | None) -> list[Fault]:
    """Return the faults of the error codes; with `entries`, also codes that name an entry not among them."""
    file, codes = read_error_codes(path)
    for code, known in codes.items():
        for name in known.entries:
            if entries is not None and name not in entries:
                file.add_fault(("codes",), f"{code}: there's no entry {name!r}")
    return file.list_faults()


def _check_title(file: YamlFile, key_path: KeyPath, title: LocalizedText, max_chars: int) -> None:
    for language, text in title.by_language.items():
        if len(text) > max_chars:
            file.add_fault((*key_path, "title", language), f"a title has at most {max_chars} characters")


def _check_names(entry_file: EntryFile, entries: Mapping[str, Entry]) -> None:
    entry, file = entry_file
    if not _ID.match(entry.id):
        file.add_fault(("id",), "an id is lower-case words joined by hyphens")
    for name in entry.explains:
        if name not in entries:
            file.add_fault(("explains",), f"explains {name!r}, but there's no such entry")
    for index, look_alike in enumerate(entry.look_alikes):
        if look_alike.entry not in entries:
            file.add_fault(("look_alikes", index, "entry"), f"there's no entry {look_alike.entry!r}")
        elif look_alike.entry == entry.id:
            file.add_fault(("look_alikes", index, "entry"), "an entry isn't its own look-alike")
    if entry.may_pass_unchanged and (entry.retry != "after-fix" or entry.retry_note is None):
        file.add_fault(("may_pass_unchanged",), "needs 'retry: after-fix' and a 'retry_note' that says when")
    if entry.shows_script_output and entry.phase != "build":
        file.add_fault(("shows_script_output",), "only a failure of the phase 'build' has a script's output to show")
    if parse_review_day(entry.reviewed) is None:
        file.add_fault(("reviewed",), "'reviewed' must be a day, such as 2026-11-22")
    _check_title(file, (), entry.title, _MAX_TITLE_CHARS)


def _check_signatures(entry_file: EntryFile) -> None:
    entry, file = entry_file
    known_ids: set[str] = set()
    for index, signature in enumerate(entry.signatures):
        key_path = ("signatures", index)
        if signature.id in known_ids:
            file.add_fault((*key_path, "id"), f"the signature id {signature.id!r} is used twice")
        known_ids.add(signature.id)
        _check_signature(file, key_path, signature)


def _check_signature(file: YamlFile, key_path: KeyPath, signature: Signature) -> None:
    if bool(signature.text) == bool(signature.observed):
        file.add_fault(key_path, "a signature has either 'text' or 'observed'")
    if signature.observed and signature.observed not in OBSERVATION_IDS:
        file.add_fault(
            (*key_path, "observed"), f"{signature.observed!r} isn't an observation; use {', '.join(OBSERVATION_IDS)}"
        )
    for text in (*signature.text, *signature.unless, *signature.requires):
        if len(text.strip()) < _MIN_FRAGMENT_CHARS:
            file.add_fault(key_path, f"{text!r} is too short to identify anything")


def _check_steps(file: YamlFile, parent_path: KeyPath, steps: Sequence[Step]) -> None:
    for index, step in enumerate(steps):
        key_path = (*parent_path, "steps", index)
        if step.effect == "deletes" and step.save_first is None:
            file.add_fault(key_path, "a step that deletes something says what to save first ('save_first')")
        if step.known_from and step.effect != "reads":
            file.add_fault(key_path, "'known_from' is only for a step that reads")
        if bool(step.cli) != bool(step.powershell):
            file.add_fault(
                key_path, "a step with a command has it for both Azure CLI ('cli') and PowerShell ('powershell')"
            )
        check_commands(file, key_path, step)
        check_codes(file, key_path, step)
        for key, command in (("cli", step.cli), ("powershell", step.powershell)):
            for placeholder in _PLACEHOLDER.finditer(command or ""):
                name = placeholder[1]
                if name not in PLACEHOLDERS and not name[0].islower():
                    file.add_fault((*key_path, key), f"<{name}>: a placeholder begins with a lower-case letter")


def _check_completeness(entry_file: EntryFile) -> None:
    entry, file = entry_file
    if not entry.steps:
        file.add_fault((), "an entry has at least one step")
    if not entry.references:
        file.add_fault((), "an entry names at least one reference")
    if not entry.examples:
        file.add_fault((), "an entry needs an example that matches")
    if not entry.near_misses:
        file.add_fault((), "an entry needs a near miss that doesn't match")


def _check_examples(entry_files: Sequence[EntryFile], entries: Mapping[str, Entry]) -> None:
    diagnoser = Diagnoser(entries)
    for entry, file in entry_files:
        for index, example in enumerate(entry.examples):
            diagnosis = diagnoser.diagnose(example.text)
            problem = _find_example_problem(diagnosis, entry, example)
            if problem:
                file.add_fault(("examples", index), problem)
            _check_other_matches(diagnosis, entry, entries, file, index)
        for index, miss in enumerate(entry.near_misses):
            for match in diagnoser.diagnose(miss.text).matches:
                if match.entry == entry.id and match.confidence != "possible":
                    message = f"matches this entry ({match.confidence}), but it shouldn't: {miss.why}"
                    file.add_fault(("near_misses", index), message)


def _find_example_problem(diagnosis: Diagnosis, entry: Entry, example: Example) -> str | None:
    """Return what is wrong with the diagnosis of an entry's own example, or `None`."""
    if not diagnosis.matches:
        return "does not match any entry"
    best = diagnosis.matches[0]
    if best.entry != entry.id:
        return f"{best.entry} comes first ({best.confidence}), not {entry.id}"
    if best.confidence != example.confidence:
        return f"matches as {best.confidence}, but says {example.confidence}"
    if best.evidence and not example.evidence:
        return "lines are shown as proof, but 'evidence' doesn't name any"
    expected = collapse_whitespace(example.evidence)
    shown = " ".join(collapse_whitespace(line.text) for line in best.evidence)
    return None if expected in shown else f"the evidence {example.evidence!r} is not in the lines shown: {shown!r}"


def _check_other_matches(
    diagnosis: Diagnosis, entry: Entry, entries: Mapping[str, Entry], file: YamlFile, index: int
) -> None:
    """Record a fault for each other entry that matches an example if neither names the other."""
    named = _list_related(entry)
    for match in diagnosis.matches[1:]:
        if match.confidence == "possible" or match.entry in named or entry.id in _list_related(entries[match.entry]):
            continue
        file.add_fault(("examples", index), f"{match.entry} matches this example too, and neither names the other")


def _list_related(entry: Entry) -> set[str]:
    return {look_alike.entry for look_alike in entry.look_alikes} | set(entry.explains)
