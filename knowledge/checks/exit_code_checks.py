"""Checks that every exit code that a step lists has a meaning to show."""

from __future__ import annotations

from knowledge.catalog.exit_codes import ROBOCOPY, list_step_codes
from knowledge.catalog.yaml_section import KeyPath, YamlFile
from knowledge.model.entry import Step


def check_exit_codes(file: YamlFile, key_path: KeyPath, step: Step) -> None:
    """Record a fault for each code without a meaning, and for a program whose codes aren't known."""
    if step.exit_codes_of not in ("", ROBOCOPY):
        file.add_fault((*key_path, "exit_codes_of"), f"{step.exit_codes_of!r} isn't known; use {ROBOCOPY}")
        return
    for code in step.exit_codes:
        if code not in list_step_codes(step, "en"):
            file.add_fault((*key_path, "exit_codes"), f"exit_codes.yaml doesn't say what {code} means")
