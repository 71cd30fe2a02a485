"""Values in commands are typed and quoted; an unknown or unfit one stays a placeholder, and none writes a command."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.commands.placeholders import PLACEHOLDERS, Shell, fill_placeholders
from tests.shipped_knowledge import ENTRIES

GUID = "5b0f8a7e-11d2-4c3b-9a64-7de0c2f1a9b8"
SHOW = "az image builder show -n <template> -g <rg>"

FILLED = [
    (SHOW, {"template": "win11", "resource_group": "rg-a"}, "az image builder show -n win11 -g rg-a"),
    (SHOW, {"template": "win11"}, "az image builder show -n win11 -g <rg>"),
    (SHOW, {"template": "x; rm -rf /", "resource_group": "$(id)"}, SHOW),
    (SHOW, {"resource_group": "rg(dev)"}, "az image builder show -n <template> -g 'rg(dev)'"),
    ("-n <guid>/customization.log", {"log_folder": GUID}, f"-n {GUID}/customization.log"),
    ('"/subscriptions/<sub>/x"', {"subscription": GUID}, f'"/subscriptions/{GUID}/x"'),
    ("<unheardOf> <template>", {"unheardOf": "x", "template": "t"}, "<unheardOf> t"),
    ("--n <template>", {"template": "a\nb"}, "--n <template>"),
    ("--size <size>", {"size": 5}, "--size <size>"),
]


@pytest.mark.parametrize(("command", "values", "expected"), FILLED)
def test_filling(command: str, values: dict[str, object], expected: str) -> None:
    assert fill_placeholders(command, "Azure CLI", values) == expected


HOSTILE = [
    "-n",
    "--help",
    "-",
    "--yes.x",
    "'",
    '"',
    "`id`",
    "$(id)",
    "a b",
    "a;b",
    "a|b",
    "a&b",
    "a\nb",
    "a>b",
    "$x",
    "--help x",
    "%COMSPEC%",
    "a'b\"c",
    "\\",
]


def test_no_step_of_any_entry_takes_a_hostile_value() -> None:
    names = {name for sources, _ in PLACEHOLDERS.values() for name in sources}
    shells: tuple[tuple[Shell, str], ...] = (("Azure CLI", "cli"), ("PowerShell", "powershell"))
    tried = 0
    for entry in ENTRIES.values():
        for step in entry.steps:
            for shell, key in shells:
                command = getattr(step, key)
                for hostile in HOSTILE if command else ():
                    assert fill_placeholders(command, shell, dict.fromkeys(names, hostile)) == command
                    tried += 1
    assert tried


@given(st.dictionaries(st.sampled_from(["template", "resource_group"]), st.text(max_size=60)))
def test_bash_reads_what_was_meant(values: dict[str, str]) -> None:
    # bash itself says how it splits the words: what was filled in is one word, and nothing else changed
    filled = (
        fill_placeholders("printf '%s\\n' -n <template> -g <rg>", "Azure CLI", values)
        .replace("<template>", "T")
        .replace("<rg>", "R")
    )
    done = subprocess.run(["bash", "-c", filled], capture_output=True, text=True, check=True)
    words = done.stdout.splitlines()
    assert words[0::2] == ["-n", "-g"]
    assert words[1] in ("T", values.get("template"))
    assert words[3] in ("R", values.get("resource_group"))


@pytest.fixture
def placed() -> Callable[[str], str]:
    return lambda value: fill_placeholders("Get-AzResourceGroup -Name <rg>", "PowerShell", {"resource_group": value})


def test_powershell_quotes_what_it_must(placed: Callable[[str], str]) -> None:
    assert placed("rg(dev)") == "Get-AzResourceGroup -Name 'rg(dev)'"
    assert placed("rg-dev") == "Get-AzResourceGroup -Name rg-dev"
