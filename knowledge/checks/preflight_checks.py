"""Checks that the rules of preflight find their examples, leave their near misses alone, and correct what they say."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from knowledge.model.errors import Fault, KnowledgeError
from knowledge.preflight.checking import check_source
from knowledge.preflight.corrections import apply_edits
from knowledge.preflight.finding import PreflightFinding
from knowledge.preflight.live.live_rule_catalog import LIVE_RULES_DIR, read_live_rules
from knowledge.preflight.predicate import ShellRemark
from knowledge.preflight.rule import PreflightRule, RuleExample
from knowledge.preflight.rule_catalog import RULES_DIR, read_rules
from knowledge.preflight.source_text import SourceText
from knowledge.yaml_files.yaml_section import KeyPath, YamlFile

MAX_RULE_TITLE_CHARS = 110
EXAMPLE_DAY = date(2026, 11, 29)
"""The day on which examples are checked: those about dates need one that stays."""
NEIGHBOR_NAME = "neighbor.sh"
"""The only file beside an example."""
_WINDOWS = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2022-datacenter"}
_LINUX = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server"}


def check_preflight_rules(
    folder: Path = RULES_DIR, entry_ids: Collection[str] | None = None, finding_ids: Collection[str] | None = None
) -> list[Fault]:
    """Return every fault of the rules in `folder`.

    With `entry_ids` and `finding_ids`, those are also rules that name an entry, or a finding, not among them. An
    entry's headline counts as a finding, too.
    """
    rule_files = read_rules(folder)
    faulty = [fault for _, file in rule_files for fault in file.list_faults()]
    if faulty:
        return sorted(faulty)
    for rule, file in rule_files:
        _check_texts(file, rule, entry_ids)
        known_ids = rule.shows_as if finding_ids is None else {*finding_ids, rule.becomes}
        for unknown in sorted(set(rule.shows_as).difference(known_ids)):
            file.add_fault(("shows_as",), f"there's no finding {unknown!r}")
        for key in ("examples", "near_misses"):
            if not getattr(rule, key):
                file.add_fault((key,), f"{key!r} needs at least one")
        _check_examples(file, rule)
    return sorted(fault for _, file in rule_files for fault in file.list_faults())


def check_live_rules(folder: Path = LIVE_RULES_DIR, entry_ids: Collection[str] | None = None) -> list[Fault]:
    """Return every fault of the live rules in `folder`; with `entry_ids`, also entries that don't exist."""
    rule_files = read_live_rules(folder)
    file_rules = {path.stem for path in RULES_DIR.glob("*.yaml")}
    for rule, file in rule_files:
        if not file.list_faults():
            _check_texts(file, rule.rule, entry_ids)
            for name in rule.settles:
                if name not in file_rules:
                    file.add_fault(("settles",), f"there's no rule {name!r}")
    return sorted(fault for _, file in rule_files for fault in file.list_faults())


def write_example(rule: PreflightRule, example: RuleExample) -> str:
    """Return an example as the text of a template, completed with what the rule needs to be about it."""
    if example.resource.get("resources"):
        return json.dumps(example.resource, indent=2, ensure_ascii=False)
    resource: dict[str, Any] = {"type": "Microsoft.VirtualMachineImages/imageTemplates", **example.resource}
    resource.setdefault("apiVersion", "2025-10-01")
    properties = resource.setdefault("properties", {})
    if rule.os and isinstance(properties, dict):
        image = _WINDOWS if rule.os == "windows" else _LINUX
        properties = {"source": {"type": "PlatformImage", **image, "version": "latest"}, **properties}
        resource["properties"] = properties
    value = {"resources": [resource, *example.beside]} if example.beside else resource
    return json.dumps(value, indent=2, ensure_ascii=False)


def _check_texts(file: YamlFile, rule: PreflightRule, entry_ids: Collection[str] | None) -> None:
    if rule.becomes and entry_ids is not None and rule.becomes not in entry_ids:
        file.add_fault(("becomes",), f"there's no entry {rule.becomes!r}")
    for text in rule.title.list_all():
        if len(text) > MAX_RULE_TITLE_CHARS:
            file.add_fault(("title",), f"a title has at most {MAX_RULE_TITLE_CHARS} characters")
        if text.endswith("."):
            file.add_fault(("title",), "a title has no period at the end")


def _check_examples(file: YamlFile, rule: PreflightRule) -> None:
    for index, example in enumerate(rule.examples):
        place: KeyPath = ("examples", index)
        try:
            text = write_example(rule, example)
            found = _find(rule, text)
            if not found:
                file.add_fault(place, "the rule doesn't find this")
            edits = [edit for finding in found for edit in finding.edits]
            if rule.correction and not edits:
                file.add_fault(place, "the rule can't correct this")
            if edits and len(_find(rule, apply_edits(text, edits))) >= len(found):
                file.add_fault(place, "the rule still finds this after its correction")
        except KnowledgeError as error:
            file.add_fault(place, f"this can't be checked: {error}")
    for index, example in enumerate(rule.near_misses):
        if _find(rule, write_example(rule, example)):
            file.add_fault(("near_misses", index), "the rule finds this, too")


def _find(rule: PreflightRule, text: str) -> Sequence[PreflightFinding]:
    return check_source(
        SourceText("example", text), [rule], EXAMPLE_DAY, read_neighbor=_read_neighbor, lint_shell=_lint_example
    ).findings


def _read_neighbor(name: str) -> SourceText | None:
    return SourceText(name, "echo hello\n") if name == NEIGHBOR_NAME else None


def _lint_example(script: str) -> Sequence[ShellRemark]:
    """Stand in for ShellCheck, which isn't installed everywhere."""
    remark = ShellRemark("SC2115", 'Use "${var:?}" to ensure this never expands to / .', 1, 1)
    return [remark] if '"$F' in script else []
