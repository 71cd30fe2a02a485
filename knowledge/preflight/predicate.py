"""What a predicate is: a check that a rule's data can't express, with what it gets and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from knowledge.preflight.finding import TextEdit
from knowledge.preflight.place import Place
from knowledge.preflight.preflight_input import CheckedTemplate
from knowledge.preflight.template_scripts import TemplateScript


@dataclass(frozen=True)
class PredicateContext:
    """What a predicate can use besides the template."""

    today: date
    scripts: list[TemplateScript] = field(default_factory=list)


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
