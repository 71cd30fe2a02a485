"""The checks of scripts that a rule's data can't express."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate

from knowledge.preflight.literal_secrets import find_literal_secrets
from knowledge.preflight.predicate import Predicate, PredicateContext, PredicateHit
from knowledge.preflight.preflight_input import CheckedTemplate
from knowledge.scripts.script_code import FaultKind, ScriptLanguage

_OPEN_TEXTS: frozenset[FaultKind] = frozenset({"quote", "here-string", "comment"})
_UNPAIRED: frozenset[FaultKind] = frozenset({"bracket", "keyword", "stray"})


def find_unclosed_quotes(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find a string, a here-string, or a comment in PowerShell that's never closed."""
    return _find_faults(context, "powershell", _OPEN_TEXTS)


def find_unpaired_brackets(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find a bracket in PowerShell that lacks its other half."""
    return _find_faults(context, "powershell", _UNPAIRED)


def find_unclosed_shell_quotes(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find a string in a shell script that's never closed."""
    return _find_faults(context, "shell", _OPEN_TEXTS)


def find_unpaired_shell_words(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find a bracket or a word such as `if` in a shell script that lacks its other half."""
    return _find_faults(context, "shell", _UNPAIRED)


def find_secrets(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find inline commands that contain a secret."""
    for script in context.scripts:
        if script.file is not None:
            continue
        lines = script.text.split("\n")
        starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
        for index, shown in find_literal_secrets(lines):
            yield PredicateHit(script.step, {"value": shown}, script=script, offset=starts[index])


SCRIPT_PREDICATES: Mapping[str, Predicate] = {
    "unclosed-quote": find_unclosed_quotes,
    "unpaired-bracket": find_unpaired_brackets,
    "unclosed-shell-quote": find_unclosed_shell_quotes,
    "unpaired-shell-word": find_unpaired_shell_words,
    "secret": find_secrets,
}
"""The predicates about scripts by their names in rules."""


def _find_faults(
    context: PredicateContext, language: ScriptLanguage, kinds: frozenset[FaultKind]
) -> Iterator[PredicateHit]:
    for script in context.scripts:
        fault = script.scanned.fault
        if fault is None or script.language != language or fault.kind not in kinds or not script.is_complete:
            continue
        # Unlike PowerShell, a shell runs what comes before a mistake, and may never come to it.
        if language == "shell" and any(command.name == "exit" for command in script.scanned.commands):
            continue
        line = script.text[fault.start :].split("\n")[0]
        yield PredicateHit(script.step, {"value": line}, script=script, offset=fault.start)
