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
from knowledge.preflight.predicate import ShellRemark
from knowledge.preflight.rule import PreflightRule, RuleExample
from knowledge.preflight.rule_catalog import RULES_DIR, read_rules
from knowledge.preflight.source_text import SourceText
from knowledge.yaml_files.yaml_section import KeyPath, YamlFile

MAX_RULE_TITLE_CHARS = 110
EXAMPLE_DAY = date(2026, 11, 29)
"""The day on which examples are checked: those about dates need one that stays."""
_WINDOWS = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2022-datacenter"}
_LINUX = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server"}


def check_preflight_rules(folder: Path = RULES_DIR, entry_ids: Collection[str] | None = None) -> list[Fault]:
    """Return every fault of the rules in `folder`; with `entry_ids`, also rules that name an entry not among them."""
    rule_files = read_rules(folder)
    faulty = [fault for _, file in rule_files for fault in file.list_faults()]
    if faulty:
        return sorted(faulty)
    for rule, file in rule_files:
        if rule.becomes and entry_ids is not None and rule.becomes not in entry_ids:
            file.add_fault(("becomes",), f"there's no entry {rule.becomes!r}")
        for text in rule.title.list_all():
            if len(text) > MAX_RULE_TITLE_CHARS:
                file.add_fault(("title",), f"a title has at most {MAX_RULE_TITLE_CHARS} characters")
            if text.endswith("."):
                file.add_fault(("title",), "a title has no period at the end")
        for key in ("examples", "near_misses"):
            if not getattr(rule, key):
                file.add_fault((key,), f"{key!r} needs at least one")
        _check_examples(file, rule)
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
    return json.dumps(resource, indent=2, ensure_ascii=False)


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
    return check_source(SourceText("example", text), [rule], EXAMPLE_DAY, lint_shell=_lint_example).findings


def _lint_example(script: str) -> Sequence[ShellRemark]:
    """Stand in for ShellCheck, which isn't installed everywhere."""
    remark = ShellRemark("SC2115", 'Use "${var:?}" to ensure this never expands to / .', 1, 1)
    return [remark] if '"$F' in script else []
