"""Actions: what a button, or a typed command of the same name, does; where it may be used, and by whom.

Each area of the dialogs declares its actions in its own table, next to what they do::

    ACTIONS = ActionTable()

    @ACTIONS.register("draft", scope="private")
    def open_draft(request: ActionRequest) -> DialogResult: ...

`dialogs.actions` merges the tables when it's imported. That fails if an id is declared twice, or if a typed command
names an id without a handler.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from dialogs.context import DialogContext, DialogResult
from dialogs.model.errors import DialogError
from dialogs.model.turn import Person, Turn
from dialogs.resources import DialogResources
from dialogs.state.conversation_state import ConversationState

ActionScope = Literal["anywhere", "private"]
"""Where an action may be used. A private one pressed in a group continues in the person's private chat."""
PressedBy = Literal["owner", "anyone"]
"""Whose press counts as is. If only the owner's does, a colleague's press starts the colleague's own walkthrough."""


class ActionDeclarationError(DialogError):
    """The actions contradict each other: an id is declared twice, or a typed command has no action."""


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """An action as passed to its handler. `args` and `fields` come from a client: check each value before use."""

    context: DialogContext
    state: ConversationState
    turn: Turn
    resources: DialogResources
    action_id: str
    args: Mapping[str, object]
    fields: Mapping[str, str]

    @property
    def person(self) -> Person:
        """Return who pressed or typed it."""
        return self.turn.person


ActionHandler = Callable[[ActionRequest], DialogResult | Awaitable[DialogResult]]
_Handler = TypeVar("_Handler", bound=ActionHandler)


@dataclass(frozen=True, slots=True)
class Action:
    """One action and its rules."""

    id: str
    handle: ActionHandler
    scope: ActionScope
    pressed_by: PressedBy


class ActionTable:
    """The actions of one area."""

    def __init__(self) -> None:
        self.actions: dict[str, Action] = {}

    def register(
        self, action_id: str, *, scope: ActionScope = "anywhere", pressed_by: PressedBy = "owner"
    ) -> Callable[[_Handler], _Handler]:
        """Declare the decorated function as the handler of `action_id`.

        Raises:
            ActionDeclarationError: the table already has that id.
        """

        def declare(handler: _Handler) -> _Handler:
            if action_id in self.actions:
                raise ActionDeclarationError(f"The action {action_id!r} is declared twice; give one another id.")
            self.actions[action_id] = Action(action_id, handler, scope, pressed_by)
            return handler

        return declare


def merge_actions(tables: Iterable[ActionTable], typed_commands: Iterable[str]) -> Mapping[str, Action]:
    """Merge the tables of all areas; each of `typed_commands` must be the id of an action.

    Raises:
        ActionDeclarationError: an id is in two tables, or a typed command in none.
    """
    merged: dict[str, Action] = {}
    for table in tables:
        if twice := merged.keys() & table.actions.keys():
            raise ActionDeclarationError(f"Actions declared in two areas: {', '.join(sorted(twice))}.")
        merged |= table.actions
    if unknown := set(typed_commands) - merged.keys():
        raise ActionDeclarationError(f"Typed commands without an action: {', '.join(sorted(unknown))}.")
    return merged
