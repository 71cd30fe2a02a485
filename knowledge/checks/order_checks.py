"""Checks the order of steps: what is quick and safe comes before what deletes, or waits for somebody else.

A step may be elsewhere if later ones depend on it. It then says so in `order_reason`, for readers of the file.
"""

from __future__ import annotations

from collections.abc import Sequence

import re2

from knowledge.diagnosis.solution import runs_build
from knowledge.model.entry import Retry, Step
from knowledge.yaml_files.yaml_section import KeyPath, YamlFile

_NEEDS = re2.compile(r"\bRequires ([^;.]*(?:; takes [^;.]*)?)")
"""What a step ends with, in English: the roles that a change requires, and how long it takes."""
_POLICY_ROLE = "Resource Policy Contributor"
_OTHERS_ROLE = re2.compile(rf"{_POLICY_ROLE}|\bOwner\b|Administrator\b|\bowner of\b")
_QUICK = re2.compile(r"Contributor on the template\b.*(?:a minute|seconds|at once)")
_SUBMITS = re2.compile(r"(?i)\bsubmit")


def check_order(file: YamlFile, parent_path: KeyPath, steps: Sequence[Step], retry: Retry) -> None:
    """Record a fault for each step that comes too early, and for each reason that explains nothing."""
    for index, step in enumerate(steps):
        message = _find_fault(step, steps[index + 1 :], retry)
        if message and not step.order_reason:
            file.add_fault((*parent_path, "steps", index), f"{message}; or say in 'order_reason' why it comes first")
        elif step.order_reason and not message:
            file.add_fault((*parent_path, "steps", index, "order_reason"), "this step comes first in any case")


def _find_fault(step: Step, later: Sequence[Step], retry: Retry) -> str:
    """Return why a step comes too early; "" if it doesn't."""
    if step.effect == "deletes" and later and later[0].effect != "deletes":  # of several in a row, only the last one
        return "a step that deletes comes last"
    if _waits_for_others(step) and any(map(_is_quick, later)):
        return "a step that requires somebody else's role comes after the quick ones"
    if retry != "yes" and runs_build(step) and any(other.effect == "reads" and other.cli for other in later):
        return "what only checks comes before the build is run again"
    return ""


def _waits_for_others(step: Step) -> bool:
    """Return whether a change requires a role that only somebody else has: a Contributor builds."""
    needs = _find_needs(step)
    suits_contributors = "Contributor" in needs.replace(_POLICY_ROLE, "")
    return step.effect == "changes" and not suits_contributors and _OTHERS_ROLE.search(needs) is not None


def _is_quick(step: Step) -> bool:
    """Return whether the template's owner can make a change in a minute."""
    is_start = runs_build(step) or _SUBMITS.search(step.do.get("en")) is not None
    return step.effect == "changes" and not is_start and _QUICK.search(_find_needs(step)) is not None


def _find_needs(step: Step) -> str:
    found = _NEEDS.search(step.do.get("en"))
    return found[1] if found else ""
