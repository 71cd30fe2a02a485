"""Loads the live rules in `rules/`, or reports all their faults together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from knowledge.model.errors import InvalidFilesError
from knowledge.preflight.live.live_checks import CHECKS
from knowledge.preflight.live.live_rule import LiveRule
from knowledge.preflight.live.references import SUBJECTS, Subject
from knowledge.preflight.rule import LEVELS, PreflightRule
from knowledge.preflight.rule_parsing import parse_rule_source
from knowledge.yaml_files.yaml_documents import load_yaml_documents
from knowledge.yaml_files.yaml_section import Section, YamlFile

LIVE_RULES_DIR = Path(__file__).with_name("rules")
_KEYS = ("id", "level", "of", "check", "actions", "data_actions", "settles", "becomes", "title", "why", "fix", "source")
_PERMISSION_CHECK = "lacks-permission"


class LiveRuleFile(NamedTuple):
    """A live rule, and the file in which its faults are recorded."""

    rule: LiveRule
    file: YamlFile


def load_live_rules(folder: Path = LIVE_RULES_DIR) -> Sequence[LiveRule]:
    """Load the rules in `folder`, ordered by id. Raise `InvalidFilesError` with every fault of their structure."""
    rule_files = read_live_rules(folder)
    if faults := [fault for _, file in rule_files for fault in file.list_faults()]:
        raise InvalidFilesError(faults)
    return tuple(rule for rule, _ in rule_files)


def read_live_rules(folder: Path = LIVE_RULES_DIR) -> list[LiveRuleFile]:
    """Read every rule in `folder` and record faults of its structure in its file."""
    paths = sorted(folder.glob("*.yaml"))
    files = [
        YamlFile(document, f"live/{folder.name}/{path.name}")
        for path, document in zip(paths, load_yaml_documents(paths), strict=True)
    ]
    return [LiveRuleFile(_parse_live_rule(file, path), file) for path, file in zip(paths, files, strict=True)]


def _parse_live_rule(file: YamlFile, path: Path) -> LiveRule:
    section = Section(file, (), file.value, _KEYS)
    rule_id = section.get_text("id")
    if rule_id != path.stem:
        section.add_fault("id", f"the id must be the file's name, {path.stem!r}")
    check = section.get_choice("check", tuple(CHECKS))
    actions, data_actions = section.get_texts("actions"), section.get_texts("data_actions")
    if (check == _PERMISSION_CHECK) != bool(actions or data_actions) or (actions and data_actions):
        section.add_fault("check", f"{_PERMISSION_CHECK!r} needs 'actions' or 'data_actions', and no other check does")
    return LiveRule(
        PreflightRule(
            id=rule_id,
            level=section.get_choice("level", LEVELS),
            title=section.get_localized("title"),
            why=section.get_localized("why"),
            fix=section.get_localized("fix"),
            source=section.build_nested("source", parse_rule_source),
            becomes=section.get_text("becomes", ""),
        ),
        check,
        _read_subjects(section),
        actions or data_actions,
        bool(data_actions),
        section.get_texts("settles"),
    )


def _read_subjects(section: Section) -> frozenset[Subject]:
    names = section.get_texts("of")
    for name in names or ("",):
        if name not in SUBJECTS:
            section.add_fault("of", f"{name!r} isn't something that a template refers to; use {', '.join(SUBJECTS)}")
    return frozenset(subject for subject in SUBJECTS if subject in names)
