"""Checks of the commands in steps: what Azure CLI and PowerShell would accept, but not do as intended.

Whether they accept a command at all, only they know; `tests/azure_cli` and `tests/powershell` ask them. These rules
need nothing installed, so that people who write steps hear about mistakes immediately.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import re2

from knowledge.model.entry import Step
from knowledge.yaml_files.yaml_section import KeyPath, YamlFile

_HIDDEN_COLUMN = re2.compile(r"[{,]\s*(id|type|etag)\s*:")
_INLINE_BODY = re2.compile(r"^[{\[]")
_FILE_OPTIONS = ("--body", "--parameters", "--role-definition")
"""Options whose value may be a file, `@name`."""
_ASKING_CALLS = (
    ("group", "delete"),
    ("container", "delete"),
    ("keyvault", "purge"),
    ("network", "private-endpoint-connection", "delete"),
    ("sig", "delete"),
    ("storage", "account", "delete"),
    ("vm", "delete"),
)
"""Commands that ask for confirmation unless `--yes` is given."""
_ASKING_CMDLETS = (
    "Remove-AzKeyVault",
    "Remove-AzLoadBalancer",
    "Remove-AzNetworkInterface",
    "Remove-AzPrivateEndpointConnection",
    "Remove-AzPrivateLinkService",
    "Remove-AzResource",
    "Remove-AzResourceGroup",
    "Remove-AzStorageAccount",
    "Remove-AzVM",
)
"""Commands that ask for confirmation unless `-Force` is given."""
_SUPPORT_EXTENSION = "extension add --name support"


def check_commands(file: YamlFile, key_path: KeyPath, step: Step) -> None:
    """Record a fault for each line of a step's commands that doesn't do what it's meant to."""
    for key, faults in (
        ("cli", find_cli_faults(step.cli or "")),
        ("powershell", find_powershell_faults(step.powershell or "")),
    ):
        for fault in faults:
            file.add_fault((*key_path, key), fault)


def find_cli_faults(command: str) -> list[str]:
    """Return what is wrong with the lines of a step for Azure CLI."""
    lines = [(line, _split_words(line)) for line in _join_lines(command, "\\")]
    faults = [fault for line, words in lines if words[:1] == ["az"] for fault in _check_call(line, words[1:])]
    faults += _find_questions([line for line, _ in lines], is_question)
    first_support = next((index for index, (line, _) in enumerate(lines) if "az support " in line), None)
    if first_support is not None and not any(_SUPPORT_EXTENSION in line for line, _ in lines[:first_support]):
        faults.append(
            "without its extension, `az support` asks whether to install it: begin with "
            f"az {_SUPPORT_EXTENSION} --upgrade --yes --only-show-errors"
        )
    return faults


def find_powershell_faults(command: str) -> list[str]:
    """Return what is wrong with the lines of a step for PowerShell."""
    lines = _join_lines(command, "`")
    faults = [
        "Get-AzActivityLog has no Properties without -DetailedOutput"
        for line in lines
        if "Get-AzActivityLog" in line and "Properties" in line and "-DetailedOutput" not in line
    ]
    return [*faults, *_find_questions(lines, _is_powershell_question)]


def is_question(line: str) -> bool:
    """Return whether Azure CLI asks for confirmation before it runs `line`."""
    words = _split_words(line)
    is_answered = "--yes" in words or "-y" in words
    return words[:1] == ["az"] and not is_answered and any(tuple(words[1 : 1 + len(c)]) == c for c in _ASKING_CALLS)


def _join_lines(command: str, continuation: str) -> list[str]:
    """Return the lines, each with those that continue it."""
    return [line for line in command.replace(f"{continuation}\n", " ").split("\n") if line.strip()]


def _split_words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # the quoted text ends on another line
        return line.split()


def _check_call(line: str, words: Sequence[str]) -> Iterator[str]:
    options = dict(pairwise(words))
    query = options.get("--query", "")
    if "table" in (options.get("-o"), options.get("--output")):
        for column in _HIDDEN_COLUMN.findall(query):
            yield f"a table has no column {column!r}: Azure CLI leaves out id, type, and etag, so give it another name"
    if words[:3] == ["role", "assignment", "create"] and "--scope" not in words:
        yield "az role assignment create needs --scope, also for a resource group"
    if words[:1] != ["rest"] and "osDiskSizeGB" in query:
        yield "Azure CLI writes osDiskSizeGb, and finds no osDiskSizeGB"
    if words[:3] == ["image", "builder", "show"] and ">" in words:
        yield (
            "no deployment accepts what az image builder show prints: save a template with "
            "az rest --method get --url …/imageTemplates/<template>?api-version=…"
        )
    if _INLINE_BODY.match(options.get("--body", "")):
        yield 'shells quote an inline --body differently: use --body "@body.json"'
    for file in (options.get(option, "") for option in _FILE_OPTIONS):
        if file.startswith("@") and f'"{file}"' not in line:
            yield f'PowerShell reads {file} as a variable: write "{file}"'


def _find_questions(lines: Sequence[str], asks: Callable[[str], bool]) -> Iterator[str]:
    """Yield a fault for each line that asks for confirmation if another line follows, which would be the answer."""
    for line in lines[:-1]:
        if asks(line):
            yield f"{line!r} asks for confirmation and reads the next line as the answer: put it last, or answer it"


def _is_powershell_question(line: str) -> bool:
    words = line.split()
    return not {"-Force", "-Confirm:$false"} & set(words) and any(cmdlet in words for cmdlet in _ASKING_CMDLETS)
