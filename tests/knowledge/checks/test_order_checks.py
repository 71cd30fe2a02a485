"""Quick and safe steps come first: `entries check` refuses another order, unless the file says why."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from knowledge.checks.order_checks import check_order
from knowledge.model.entry import LocalizedText, Retry, Step
from knowledge.yaml_files.yaml_section import read_yaml_file

RUN = "az image builder run -n <template> -g <rg> --no-wait"
SHOW = "az image builder show -n <template> -g <rg>"


def step(do: str, effect: str = "changes", cli: str = "", reason: str = "") -> Step:
    text = LocalizedText({"en": do, "it": do})
    return Step(text, None, cli or None, cli or None, effect, None, order_reason=reason)  # type: ignore[arg-type]


CHECK = step("Check the state.", "reads", SHOW)
EDIT = step("Correct the script.", "reads")
RESIZE = step("Use a larger size. Requires Contributor on the template; takes a minute or two.")
ADDRESS = step("Build without a public address. Requires Contributor on the resource group; takes a few minutes.")
GRANT = step("Give it the role. Requires Owner or User Access Administrator; allow ten minutes for it to take effect.")
EXEMPT = step("Exempt the group. Requires Resource Policy Contributor; allow half an hour for it to take effect.")
REGISTER = step("Register it. Requires Contributor or Owner on the subscription; takes a few minutes.")
SUBMIT = step(
    "Submit it under a new name. Requires Contributor on the template; takes a minute or two.", cli="az deployment x"
)
AGAIN = step("Run it again. Requires Contributor on the template; takes as long as a full build.", cli=RUN)
DELETE = step("Delete the old template.", "deletes", "az image builder delete -n <template> -g <rg>")
LAST, ROLE, CHECKS = "comes last", "after the quick ones", "before the build is run"

ORDERS: list[tuple[str, list[Step], Retry, list[tuple[int, str]]]] = [
    ("as it should be", [CHECK, EDIT, RESIZE, GRANT, SUBMIT, AGAIN, DELETE], "after-fix", []),
    ("a deletion first", [DELETE, SUBMIT], "no", [(0, LAST)]),
    ("several deletions", [CHECK, DELETE, DELETE, CHECK], "no", [(2, LAST)]),
    ("deletions last", [SUBMIT, DELETE, DELETE], "no", []),
    ("a role before a size", [GRANT, RESIZE], "no", [(0, ROLE)]),
    ("an exemption before a size", [EXEMPT, CHECK, RESIZE], "no", [(0, ROLE)]),
    ("a Contributor's own", [REGISTER, RESIZE], "no", []),
    ("what is slow as well", [GRANT, ADDRESS], "no", []),
    ("a role before the run that needs it", [GRANT, SUBMIT, AGAIN], "no", []),
    ("a run before a check", [AGAIN, CHECK], "after-fix", [(0, CHECKS)]),
    ("a run before an edit", [AGAIN, EDIT], "after-fix", []),
    ("a run that may be enough", [AGAIN, CHECK], "yes", []),
    ("with a reason", [step("Delete it.", "deletes", reason="The name must be free."), SUBMIT], "no", []),
    ("a reason for nothing", [step("Look.", "reads", reason="It is cheap."), SUBMIT], "no", [(0, "in any case")]),
]


@pytest.mark.parametrize(
    ("steps", "retry", "expected"), [case[1:] for case in ORDERS], ids=[case[0] for case in ORDERS]
)
def test_order(tmp_path: Path, steps: list[Step], retry: Retry, expected: list[tuple[int, str]]) -> None:
    path = tmp_path / "entry.yaml"
    written = [{"do": item.do.get("en"), "order_reason": item.order_reason} for item in steps]
    path.write_text(yaml.safe_dump({"steps": written}, width=1000, sort_keys=False), "utf-8")
    file = read_yaml_file(path)
    check_order(file, (), steps, retry)
    lines = path.read_text("utf-8").splitlines()
    starts = [number for number, line in enumerate(lines, 1) if line.startswith("- ")]
    found = [(fault.line, fault.message) for fault in file.list_faults()]
    assert len(found) == len(expected)
    for (line, message), (index, words) in zip(found, expected, strict=True):
        assert starts[index] <= line <= starts[index] + 1
        assert words in message
