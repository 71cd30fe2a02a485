"""The words for Azure's states of a run and of a template: those of Microsoft in the person's language."""

from __future__ import annotations

from typing import Literal

from dialogs.context import DialogContext
from dialogs.model.reply import RichText, TextRun, build_literal
from dialogs.texts.catalog import TrustedText

StateKind = Literal["run-state", "template-state"]


def name_state(context: DialogContext, state: str, kind: StateKind = "run-state") -> str:
    """Return what a state is called; Azure's own word, which is untrusted, if it isn't known."""
    key = f"{kind}.{state.casefold()}"
    return TrustedText(context.format_text(key)) if context.texts.has(key) else state


def render_state(context: DialogContext, state: str, kind: StateKind = "run-state") -> RichText:
    """Render what a state is called; nothing if Azure doesn't report one."""
    name = name_state(context, state, kind)
    if isinstance(name, TrustedText):
        return (TextRun(name),)
    return build_literal(name) if name else ()
