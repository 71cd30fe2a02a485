"""A rule about what's in Azure: which check finds it, and for which of the template's references."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.preflight.live.references import Subject
from knowledge.preflight.rule import PreflightRule


@dataclass(frozen=True, slots=True)
class LiveRule:
    """A live check.

    Attributes:
        rule: Its ID, level, texts, and source, in the shape that reports show.
        check: The name of the function in `live_checks.CHECKS` that finds it.
        subjects: What it looks at.
        actions: What the template's identity must be allowed to do there; for `lacks-permission` only.
        are_data_actions: Whether these are about contents rather than resources.
        settles: The rules for files that have nothing to add once this one could look.
    """

    rule: PreflightRule
    check: str
    subjects: frozenset[Subject]
    actions: tuple[str, ...] = ()
    are_data_actions: bool = False
    settles: tuple[str, ...] = ()
