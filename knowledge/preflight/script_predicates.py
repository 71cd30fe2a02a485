"""The checks of scripts that a rule's data can't express."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import accumulate

from knowledge.preflight.finding import TextEdit
from knowledge.preflight.predicate import Predicate, PredicateContext, PredicateHit
from knowledge.preflight.preflight_input import CheckedTemplate
from knowledge.redaction.literal_secrets import find_literal_secrets
from knowledge.scripts.powershell_delimiters import check_powershell_delimiters
from knowledge.scripts.script_code import FaultKind, ScriptCommand, ScriptLanguage

_OPEN_TEXTS: frozenset[FaultKind] = frozenset({"quote", "here-string", "comment"})
_UNPAIRED: frozenset[FaultKind] = frozenset({"bracket", "keyword", "stray"})

_EXPRESSION = re.compile(r"\s*\[\s*(?:[A-Za-z_][\w.]*\s*\(|')")
_EXIT_ZERO = re.compile(r"(?:^|[\n;])[ \t]*(exit[ \t]+0)[\s;]*\Z", re.IGNORECASE)
_HANDLES_FAILURES = re.compile(
    r"\bset\s+-\w*e|\|\||exit\s+(?:[1-9$]|-)|\bthrow\b|ErrorAction|LASTEXITCODE|ExitCode|\$\?|\bcatch\b", re.IGNORECASE
)
_READS_EXIT_CODE = re.compile(
    r"LASTEXITCODE|ExitCode|\$\?|PSNativeCommandUseErrorActionPreference|\|\||&&|\bexit\b", re.IGNORECASE
)
_PROGRAMS = frozenset({"choco", "winget", "npm", "pip", "pip3", "dotnet", "git", "dism", "az", "nuget", "scoop"})


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


def find_bracket_lines(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find commands that Resource Manager takes for expressions, and that can't be any."""
    if template.path == "$" or template.is_bicep:  # nothing evaluates it, or Bicep has escaped it
        return
    for script in context.scripts:
        for line in script.lines:
            node = line.node
            if node.is_unevaluated and isinstance(node.value, str) and not _EXPRESSION.match(node.value):
                edits = () if node.is_elsewhere else (TextEdit(node.start + 1, node.start + 1, "["),)
                yield PredicateHit(script.step, {"value": node.value}, edits=edits, script=script, offset=line.start)


def find_exit_zero(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find scripts that end with `exit 0`, whatever failed before."""
    for script in context.scripts:
        # Packer runs the inline commands of a shell with -e
        is_lenient = script.language == "powershell" or script.file is not None
        last = _EXIT_ZERO.search(script.scanned.code)
        if is_lenient and last and script.scanned.commands and not _HANDLES_FAILURES.search(script.scanned.code):
            yield PredicateHit(script.step, script=script, offset=last.start(1))


def find_lost_exit_codes(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find the first program in a PowerShell script whose exit code a later program replaces."""
    for script in context.scripts:
        if script.language != "powershell" or _READS_EXIT_CODE.search(script.scanned.code):
            continue
        programs = [
            command
            for command in script.scanned.commands
            if command.name in _PROGRAMS
            and command.execution == "always"
            and command.text.lower().startswith(command.name)
        ]
        if len(programs) > 1:
            command = programs[0]
            yield PredicateHit(
                script.step, {"command": command.text.split("\n")[0]}, script=script, offset=command.start
            )


def find_ansi_quotes(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find inline PowerShell that lacks a quote once its UTF-8 is read as Windows-1252."""
    for script in context.scripts:
        text = script.text
        if script.language != "powershell" or script.file is not None or text.isascii() or not script.is_complete:
            continue
        if script.scanned.fault is not None or check_powershell_delimiters(text).fault is not None:
            continue
        misread = text.encode("utf-8", "replace").decode("cp1252", "replace")
        fault = check_powershell_delimiters(misread).fault
        if fault is not None:
            line = misread.count("\n", 0, fault.start)
            start = sum(len(part) + 1 for part in text.split("\n")[:line])
            yield PredicateHit(script.step, {"value": text.split("\n")[line]}, script=script, offset=start)


def find_lint_remarks(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find what ShellCheck says about shell scripts."""
    if context.lint_shell is None:
        return
    for script in context.scripts:
        if script.language != "shell" or not script.is_complete:
            continue
        starts = list(accumulate((len(line) + 1 for line in script.text.split("\n")), initial=0))
        for remark in context.lint_shell(script.text):
            is_known = script.scanned.fault is not None and remark.code.startswith("SC1")
            if not is_known and 0 < remark.line < len(starts):
                offset = min(starts[remark.line - 1] + remark.column - 1, starts[remark.line] - 1)
                values = {"value": f"{remark.message} ({remark.code})", "code": remark.code}
                yield PredicateHit(script.step, values, script=script, offset=offset)


SCRIPT_PREDICATES: Mapping[str, Predicate] = {
    "unclosed-quote": find_unclosed_quotes,
    "unpaired-bracket": find_unpaired_brackets,
    "unclosed-shell-quote": find_unclosed_shell_quotes,
    "unpaired-shell-word": find_unpaired_shell_words,
    "secret": find_secrets,
    "bracket-line": find_bracket_lines,
    "exit-zero": find_exit_zero,
    "lost-exit-code": find_lost_exit_codes,
    "ansi-quote": find_ansi_quotes,
    "shellcheck": find_lint_remarks,
}
"""The predicates about scripts by their names in rules."""


def _is_direct(command: ScriptCommand) -> bool:
    """Tell whether a command isn't started by another one, such as `Start-Process`."""
    return command.text.lower().startswith(command.name)


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
