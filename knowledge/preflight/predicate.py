"""What a predicate is: a check that a rule's data can't express, with what it gets and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from knowledge.preflight.finding import TextEdit
from knowledge.preflight.place import Place
from knowledge.preflight.preflight_input import CheckedTemplate
from knowledge.preflight.template_scripts import TemplateScript


class ShellRemark(NamedTuple):
    """What a linter says about a place in a shell script; lines and columns count from 1."""

    code: str
    message: str
    line: int
    column: int


LintShell = Callable[[str], Sequence[ShellRemark]]
"""Returns what another program says about a shell script."""


@dataclass(frozen=True)
class PredicateContext:
    """What a predicate can use besides the template."""

    today: date
    scripts: list[TemplateScript] = field(default_factory=list)
    lint_shell: LintShell | None = None


@dataclass(frozen=True)
class PredicateHit:
    """What a predicate found: a place, or an offset in a script."""

    place: Place
    values: dict[str, str] = field(default_factory=dict)
    start: int | None = None
    edits: tuple[TextEdit, ...] = ()
    script: TemplateScript | None = None
    offset: int = 0


Predicate = Callable[[CheckedTemplate, PredicateContext], Iterator[PredicateHit]]
