"""Loads the rules in `rules/`, or reports all their faults together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from knowledge.model.errors import InvalidFilesError
from knowledge.preflight.rule import PreflightRule
from knowledge.preflight.rule_parsing import parse_rule
from knowledge.yaml_files.yaml_documents import load_yaml_documents
from knowledge.yaml_files.yaml_section import YamlFile

RULES_DIR = Path(__file__).with_name("rules")


class RuleFile(NamedTuple):
    """A rule, and the file in which its faults are recorded."""

    rule: PreflightRule
    file: YamlFile


@cache
def get_rules() -> Mapping[str, PreflightRule]:
    """Return the shipped rules by their ids, loaded once. Raise `InvalidFilesError` if they have faults."""
    return {rule.id: rule for rule in load_rules()}


def load_rules(folder: Path = RULES_DIR) -> Sequence[PreflightRule]:
    """Load the rules in `folder`, ordered by id. Raise `InvalidFilesError` with every fault of their structure."""
    rule_files = read_rules(folder)
    if faults := [fault for _, file in rule_files for fault in file.list_faults()]:
        raise InvalidFilesError(faults)
    return tuple(rule for rule, _ in rule_files)


def read_rules(folder: Path = RULES_DIR) -> list[RuleFile]:
    """Read every rule in `folder` and record faults of its structure in its file."""
    paths = sorted(folder.glob("*.yaml"))
    files = [
        YamlFile(document, f"{folder.name}/{path.name}")
        for path, document in zip(paths, load_yaml_documents(paths), strict=True)
    ]
    return [RuleFile(parse_rule(file, path), file) for path, file in zip(paths, files, strict=True)]
