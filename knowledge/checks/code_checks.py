"""Checks that every code that a step lists has a meaning to show."""

from __future__ import annotations

from knowledge.catalog.exit_codes import list_step_codes
from knowledge.model.entry import Step
from knowledge.yaml_files.yaml_section import KeyPath, YamlFile


def check_codes(file: YamlFile, key_path: KeyPath, step: Step) -> None:
    """Record a fault for each code without a meaning."""
    shown = list_step_codes(step, "en")
    for index, (code, _) in enumerate(step.codes):
        if code not in shown:
            file.add_fault((*key_path, "codes", index), f"exit_codes.yaml doesn't say what {code} means")
