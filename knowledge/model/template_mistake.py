"""A mistake in a template that speaks for a diagnosis: what people see of it. Every text is redacted and bounded."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

MistakePart = Literal["", "customizer", "validator", "distributor"]


class TemplateMistake(NamedTuple):
    """What preflight found in the template of a failed run.

    Attributes:
        rule: The id of the preflight rule, which has the texts.
        is_error: Whether it certainly makes a build fail; otherwise it may.
        is_possible: Whether it's only a possible cause: nothing says that it's what broke this run.
        values: What fills the placeholders of the rule's texts.
        part: What it's in: "" for the template as a whole.
        number: Which customizer, validator, or distributor it's in, from 1.
        script_line: The line of the script, from 1; 0 if it's in none.
        path: Its JSON path in the template.
        text: The line of the script.
        diff: The lines that correct it, each after `-`, `+`, or a blank; empty if only a person can.
    """

    rule: str
    is_error: bool = False
    is_possible: bool = False
    values: Mapping[str, str] = MappingProxyType({})
    part: MistakePart = ""
    number: int = 0
    script_line: int = 0
    path: str = ""
    text: str = ""
    diff: tuple[str, ...] = ()
