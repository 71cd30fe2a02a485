"""The registry of actions: no duplicates, and every action that a button or phrase names has a handler."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from dialogs.action_registry import ActionDeclarationError, ActionRequest, ActionTable, merge_actions
from dialogs.actions import ACTIONS
from dialogs.context import DialogResult
from dialogs.job_registry import JobDeclarationError, index_job_handlers
from dialogs.solution.jobs import SOLUTION_JOBS
from dialogs.texts.typed_phrases import load_typed_actions

DIALOGS = Path(__file__).parents[2] / "dialogs"


def handle(request: ActionRequest) -> DialogResult:
    raise AssertionError("never pressed here")


def table(*action_ids: str) -> ActionTable:
    made = ActionTable()
    for action_id in action_ids:
        made.register(action_id)(handle)
    return made


def test_an_id_is_declared_once() -> None:
    with pytest.raises(ActionDeclarationError, match="'a' is declared twice"):
        table("a", "a")
    with pytest.raises(ActionDeclarationError, match="two areas: a"):
        merge_actions((table("a", "b"), table("a")), ())


def test_a_typed_command_needs_an_action() -> None:
    with pytest.raises(ActionDeclarationError, match="without an action: c, d"):
        merge_actions((table("a"),), ("a", "d", "c"))
    assert merge_actions((table("a"), table("b")), ("a",)).keys() == {"a", "b"}


def test_a_job_is_declared_once() -> None:
    with pytest.raises(JobDeclarationError, match="declared twice"):
        index_job_handlers((*SOLUTION_JOBS, *SOLUTION_JOBS))


def _button_ids() -> dict[str, str]:
    """Return every action id that a button is built with in the dialogs, with a place."""
    found = {}
    for path in DIALOGS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            argument = {"build_button": 1, "Button": 1, "OfferedButton": 1}.get(name)
            if argument is None or len(node.args) <= argument:
                continue
            value = node.args[argument]
            literals = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
            for literal in literals:
                if isinstance(literal, ast.Constant) and isinstance(literal.value, str):
                    found[literal.value] = f"{path.relative_to(DIALOGS)}:{node.lineno}"
    return found


def test_every_button_has_an_action() -> None:
    ids = _button_ids()
    assert len(ids) > 30, "the buttons are found"
    ids.pop("share")  # Teams' own dialog sends it to the message extension, not to the conversation
    assert {action_id: place for action_id, place in ids.items() if action_id not in ACTIONS} == {}


def test_what_can_be_typed_has_an_action() -> None:
    typed = load_typed_actions()
    assert len(typed) > 20
    assert typed <= ACTIONS.keys()
