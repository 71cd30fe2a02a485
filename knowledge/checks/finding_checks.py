"""Checks that the rules in `knowledge/findings/` recognize their examples, with their headlines, and no near misses.

The commands of their steps are checked too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from knowledge.catalog.finding_parsing import MAX_TITLE_CHARS
from knowledge.catalog.findings import FindingCatalog, check_structure, load_findings, open_finding_files
from knowledge.catalog.line_patterns import LinePatternSet
from knowledge.checks.code_checks import check_codes
from knowledge.checks.command_checks import check_commands
from knowledge.checks.order_checks import check_order
from knowledge.diagnosis.finding_builder import capture_values
from knowledge.model.entry import Entry, LocalizedText, Signature
from knowledge.model.errors import Fault
from knowledge.model.finding import BUILT_IN_VALUES, FindingExample, FindingRule, FindingTrigger
from knowledge.patterns import InvalidPatternError, compile_pattern, list_group_names
from knowledge.text.value_slots import fill_values, list_slots
from knowledge.yaml_files.yaml_section import KeyPath, YamlFile


def check_findings(folder: Path) -> list[Fault]:
    """Return every fault of the rules in `folder`; examples are tried only if there are no other faults."""
    return check_structure(folder) or _check_examples(load_findings(folder), open_finding_files(folder))


def check_headlines(entry: Entry, file: YamlFile) -> None:
    """Record a fault for each headline with a placeholder that no signature of the entry captures."""
    names = {name for signature in entry.signatures for name in _list_groups(signature)} | set(BUILT_IN_VALUES)
    headlines: list[tuple[KeyPath, LocalizedText | None]] = [(("headline",), entry.headline)]
    headlines += [(("signatures", index, "headline"), item.headline) for index, item in enumerate(entry.signatures)]
    for key_path, headline in headlines:
        for text in headline.list_all() if headline else ():
            if len(text) > MAX_TITLE_CHARS:
                file.add_fault(key_path, f"a headline has at most {MAX_TITLE_CHARS} characters")
            unknown = [name for name in list_slots(text) if name not in names]
            if unknown:
                file.add_fault(key_path, f"no signature captures {', '.join(unknown)}")


def _list_groups(signature: Signature) -> list[str]:
    try:
        return list_group_names(compile_pattern(signature.regex)) if signature.regex else []
    except InvalidPatternError:
        return []  # already reported with the signature


def _check_examples(catalog: FindingCatalog, files: Sequence[YamlFile]) -> list[Fault]:
    triggers: tuple[FindingTrigger, ...] = ("said", "silent", "repeating")
    sets = {trigger: LinePatternSet([*catalog.line_patterns, *catalog.list_patterns(trigger)]) for trigger in triggers}
    for file in files:
        for index, item in enumerate(file.value):
            rule = catalog.rules.get(item.get("id"))
            if rule is None:
                continue
            for position, step in enumerate(rule.steps):
                check_commands(file, (index, "steps", position), step)
                check_codes(file, (index, "steps", position), step)
            check_order(file, (index,), rule.steps, rule.retry)
            if rule.trigger in sets:
                _check_rule(file, index, rule, sets[rule.trigger])
    return [fault for file in files for fault in file.list_faults()]


def _check_rule(file: YamlFile, index: int, rule: FindingRule, pattern_set: LinePatternSet) -> None:
    """Record a fault for each example that isn't recognized as it should be, and for each near miss that is."""
    for position, example in enumerate(rule.examples):
        if message := _check_example(rule, example, pattern_set):
            file.add_fault((index, "examples", position), message)
    own_set = LinePatternSet([rule.pattern])
    for position, text in enumerate(rule.pattern.not_examples):
        if own_set.find_all(text):
            file.add_fault((index, "not_examples", position), f"the near miss {text!r} is recognized")


def _check_example(rule: FindingRule, example: FindingExample, pattern_set: LinePatternSet) -> str:
    """Return what is wrong with how an example is recognized; "" if nothing is."""
    first = example.text.split("\n", 1)[0]
    patterns = [pattern_set.match_text(text).pattern for text in example.text.split("\n")]
    heaviest = max(filter(None, patterns), key=lambda pattern: pattern.weight, default=None)
    if heaviest is None or heaviest.id != rule.id:
        return f"{first!r} is recognized as {heaviest.id if heaviest else 'nothing'}"
    values = capture_values(rule, example.text, [])
    title = fill_values(rule.title.get("en"), values)
    return f"{first!r} gives the headline {title!r}, not {example.title!r}" if example.title not in ("", title) else ""
