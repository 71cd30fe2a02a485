"""Builds a rule of `knowledge/findings/` from the plain value of its file, and checks it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from knowledge.catalog.entry_parsing import parse_step
from knowledge.catalog.line_patterns import check_regexes, read_line_pattern
from knowledge.model.entry import COMPLETE_LANGUAGES, Basis, LocalizedText, Owner, Retry
from knowledge.model.finding import BUILT_IN_VALUES, FindingExample, FindingRule, FindingTrigger
from knowledge.patterns import InvalidPatternError, compile_pattern, list_group_names
from knowledge.text.value_slots import list_slots
from knowledge.yaml_files.yaml_section import KeyPath, Section, YamlFile

MAX_TITLE_CHARS = 110

_KEYS = (
    "id", "weight", "when", "text", "regex", "unless", "capture", "title", "cause", "steps", "retry", "owner", "basis",
    "examples", "not_examples", "exit_codes",
)  # fmt: skip
_MIN_STEPS, _MAX_STEPS = 2, 4


def parse_rule(file: YamlFile, index: int) -> FindingRule:
    """Build the rule at `index` of a file."""
    return _read_rule(_open_section(file, index))


def _open_section(file: YamlFile, index: int) -> Section:
    return Section(file, (index,), file.value[index], _KEYS)


def _read_rule(section: Section) -> FindingRule:
    examples = section.build_each("examples", _parse_example)
    return FindingRule(
        pattern=read_line_pattern(section, [example.text for example in examples]),
        trigger=_read_trigger(section),
        capture=section.get_texts("capture"),
        title=section.get_localized("title"),
        cause=section.get_localized("cause"),
        steps=section.build_each("steps", parse_step),
        retry=section.get_choice("retry", get_args(Retry)),
        owner=section.get_choice("owner", get_args(Owner)),
        basis=section.get_choice("basis", get_args(Basis), "reported"),
        examples=examples,
        exit_codes=_read_exit_codes(section),
    )


def _read_exit_codes(section: Section) -> tuple[int, ...]:
    codes = section.get_raw("exit_codes") or []
    if not isinstance(codes, list) or not all(isinstance(code, int) for code in codes):
        section.add_fault("exit_codes", "must be a list of numbers")
        return ()
    return tuple(codes)


def _read_trigger(section: Section) -> FindingTrigger:
    trigger: FindingTrigger = section.get_choice("when", get_args(FindingTrigger), "said")
    return trigger


def _parse_example(file: YamlFile, key_path: KeyPath, value: object) -> FindingExample:
    if isinstance(value, str):
        return FindingExample(value)
    section = Section(file, key_path, value, ("text", "title"))
    return FindingExample(section.get_text("text"), section.get_text("title", ""))


def check_rule(file: YamlFile, index: int) -> FindingRule:
    """Build the rule at `index` of a file, and record its faults in the file."""
    section = _open_section(file, index)
    rule = _read_rule(section)
    needs_pattern = rule.trigger == "said"
    if needs_pattern and not (rule.pattern.text or rule.pattern.regex):
        section.add_fault("id", "needs at least one 'text' or 'regex' to look for")
    if rule.pattern.text or rule.pattern.regex:
        for key, items in (("examples", rule.examples), ("not_examples", rule.pattern.not_examples)):
            if not items:
                section.add_fault(key, f"needs at least one line in {key!r}")
    counts = [sum(step.os in ("", os) for step in rule.steps) for os in ("windows", "linux")]
    if len(rule.steps) < _MIN_STEPS or min(counts) < 1 or max(counts) > _MAX_STEPS:
        section.add_fault(
            "steps", f"a finding has {_MIN_STEPS} to {_MAX_STEPS} steps, and one for each system at least"
        )
    has_pattern = bool(rule.pattern.text or rule.pattern.regex)
    if bool(rule.exit_codes) != (rule.trigger == "nothing-said" and has_pattern):
        section.add_fault("exit_codes", "needs 'when: nothing-said' and a pattern: neither is an error alone")
    check_regexes(section, "regex", rule.pattern.regex)
    check_regexes(section, "capture", rule.capture)
    _check_texts(section, rule)
    return rule


def _check_texts(section: Section, rule: FindingRule) -> None:
    known = {*BUILT_IN_VALUES, *_list_groups(rule.capture)}
    for key, texts in _list_texts(rule):
        for language in COMPLETE_LANGUAGES:
            unknown = [name for text in texts for name in list_slots(text.get(language)) if name not in known]
            if unknown:
                section.add_fault(key, f"nothing captures {', '.join(unknown)}; a placeholder is {{name|default}}")
    for language in COMPLETE_LANGUAGES:
        if len(rule.title.get(language)) > MAX_TITLE_CHARS:
            section.add_fault("title", f"a title has at most {MAX_TITLE_CHARS} characters")


def _list_texts(rule: FindingRule) -> list[tuple[str, Sequence[LocalizedText]]]:
    return [("title", (rule.title,)), ("cause", (rule.cause,)), ("steps", [step.do for step in rule.steps])]


def _list_groups(regexes: Sequence[str]) -> set[str]:
    names: set[str] = set()
    for regex in regexes:
        try:
            names.update(list_group_names(compile_pattern(regex)))
        except InvalidPatternError:
            continue  # reported with the expression itself
    return names
