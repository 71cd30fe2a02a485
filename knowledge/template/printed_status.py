"""Read the status of a run or a template from what a command printed: a table, columns with tabs, or a few values.

Azure CLI prints the same answer as JSON, YAML, a table, or columns. `--query` picks some of its values and renames
them, usually to `state` or the like. JSON and YAML with Azure's own names need no help from here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from knowledge.azure_times import format_time

MAX_CHARS = 20_000
_RUN_STATES = ("Running", "Canceling", "Canceled", "Failed", "Succeeded")
_PROVISIONING_STATES = ("Creating", "Updating", "Deleting", "Succeeded", "Failed", "Canceled")
_FACT_BY_KEY = {
    "state": "run_state",
    "status": "run_state",
    "runstate": "run_state",
    "substate": "run_sub_state",
    "runsubstate": "run_sub_state",
    "starttime": "run_started",
    "endtime": "run_ended",
    "provisioningstate": "provisioning_state",
}
_ALLOWED = {"run_state": _RUN_STATES, "provisioning_state": _PROVISIONING_STATES}
_OTHER_KEYS = frozenset({"message", "name", "group", "rg", "resourcegroup", "location"})
"""Keys that may come with a state in a run's or a template's values."""
_COLOR = r"\x1b\[[0-9;]*m"
_RULE = r"-+(?: +-+)*"
_PAIR = r'\s*"?([A-Za-z]\w{1,30})"?\s*:\s*(.*?),?\s*'
_MAX_PAIRS = 8
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,20}(?:Z|[+-][0-9:]{4,6})"
_RUN_COLUMNS = rf"({_TIME})\s+(?:.*\s)?({'|'.join(_RUN_STATES)})\s+(?:(None|[A-Z][a-z]+)\s+)?({_TIME})"
"""The columns of `lastRunStatus`, which the CLI sorts by their names: end, message, state, sub-state, start."""
_MESSAGE = r"The build was canceled|Canceling image build|(?:Failed (?:in|while) |During the image build).*|None|"
"""How run messages begin; a row may have one besides the state, and nothing else."""
_TEMPLATE_TYPE = "Microsoft.VirtualMachineImages/imageTemplates"


def read_printed_status(text: str) -> Mapping[str, str]:
    """Return the facts about a run or a template in what a command printed; empty for any other text."""
    if len(text) > MAX_CHARS:
        return {}
    lines = [line.rstrip() for line in re.sub(_COLOR, "", text).replace("\xa0", " ").splitlines() if line.strip()]
    return _select_facts(_read_table(lines) or _read_pairs(lines) or _read_columns(lines))


def _read_table(lines: list[str]) -> dict[str, str]:
    """Return the values of a one-row table by column name; the rule below the names shows the columns."""
    for index in range(1, len(lines) - 1):
        if not re.fullmatch(_RULE, lines[index].strip()):
            continue
        if len(lines) > index + 2:
            return {}  # a list of several templates
        spans = [match.span() for match in re.finditer("-+", lines[index])]
        header, row = lines[index - 1], lines[index + 1]
        return {header[begin:end].strip(): row[begin:end].strip() for begin, end in spans}
    return {}


def _read_pairs(lines: list[str]) -> dict[str, str]:
    """Return the values of a text that consists of a few values as JSON or YAML."""
    inner: list[str] = []
    for line in lines:
        if inner and line.startswith("  ") and not re.fullmatch(_PAIR, line):
            inner[-1] += line  # YAML wraps long texts
        elif line.strip() not in ("{", "}"):
            inner.append(line)
    matches = [re.fullmatch(_PAIR, line) for line in inner[: _MAX_PAIRS + 1]]
    if not 0 < len(matches) <= _MAX_PAIRS:
        return {}
    pairs = {match[1]: match[2].strip("\"'") for match in matches if match}
    known = _FACT_BY_KEY.keys() | _OTHER_KEYS
    return pairs if len(pairs) == len(inner) and all(key.lower() in known for key in pairs) else {}


def _read_columns(lines: list[str]) -> dict[str, str]:
    fields = [field.strip() for line in lines[:3] for field in line.split("\t")]
    states = [field for field in fields if field in _RUN_STATES]
    others = [field for field in fields if field not in _RUN_STATES]
    if len(states) == 1 and others and all(re.fullmatch(_MESSAGE, field) for field in others):
        return {"state": states[0]}
    if len(lines) != 1:
        return {}
    if match := re.fullmatch(_RUN_COLUMNS, lines[0].strip()):
        ended, state, sub_state, started = match.groups()
        return {"state": state, "substate": sub_state or "", "starttime": started, "endtime": ended}
    states = [field for field in fields if field in _PROVISIONING_STATES]
    return {"provisioningstate": states[0]} if _TEMPLATE_TYPE in fields and len(states) == 1 else {}


def _select_facts(values: Mapping[str, str]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for key, value in values.items():
        name = _FACT_BY_KEY.get(key.lower())
        if name in _ALLOWED and value not in _ALLOWED[name]:
            return {}
        if name in ("run_started", "run_ended"):
            value = format_time(value) or ""
        if name and re.fullmatch(r"[\w:-]{3,40}", value) and value.lower() not in ("none", "null"):
            facts[name] = value
    return facts if facts.keys() & _ALLOWED.keys() else {}
