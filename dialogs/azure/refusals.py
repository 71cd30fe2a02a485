"""Explain why Azure couldn't be read: what was denied, what is missing on which scope, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.azure.manual_commands import ManualPart, add_paste_instructions, build_manual_blocks
from dialogs.context import DialogContext
from dialogs.model.azure_refusal import LASTING_REASONS, AzureRefusal, AzureRefusalReason
from dialogs.model.reply import Block, Button, FoldedSection
from dialogs.replies.azure_refusal import render_refusal_reason
from dialogs.replies.shell_commands import SHOWN_BELOW, add_shell_switch
from dialogs.state.azure_state import AzureRequest
from knowledge.template.template_id import TemplateId, TemplateQuery

_LOG_REASONS: frozenset[AzureRefusalReason] = frozenset({"no-data-role", "firewall", "keys-disabled", "suspicious"})
_REASONS_WITHOUT_COMMANDS: frozenset[AzureRefusalReason] = frozenset(
    {"no-run", "no-log", "log-gone", "sign-in", "busy"}
)
"""Reasons for which commands would fail too."""


def build_refusal_blocks(
    context: DialogContext, refusal: AzureRefusal, request: AzureRequest, values: Mapping[str, str]
) -> list[Block]:
    """Build the explanation: what was refused and why, the next step, and commands if they can help."""
    reason = refusal.reason
    blocks = render_refusal_reason(context, refusal, "lookup")
    if reason not in _REASONS_WITHOUT_COMMANDS:
        # the request's names outrank those in the refused resource id
        part, values = _choose_part(reason, request), {**_extract_template_values(refusal), **values}
        commands = build_manual_blocks(context, part, values)
        again = {"part": part, **TemplateQuery.from_facts(values).to_args()}
        by_hand = add_shell_switch(context, add_paste_instructions(context, commands), SHOWN_BELOW, again)
        blocks.append(FoldedSection(context.format_text("refused.commands"), tuple(by_hand)))
    return blocks


def build_refusal_buttons(context: DialogContext, refusal: AzureRefusal) -> tuple[Button, ...]:
    """Build the buttons below a refusal: try again if that can help, and what works without Azure."""
    retry_buttons = (
        (context.build_button("look-retry", "look-retry", primary=True),)
        if refusal.reason not in LASTING_REASONS and refusal.reason != "sign-in"  # which has its own button
        else ()
    )
    other_template_buttons = (
        (context.build_button("look-other", "look-other"),)
        if refusal.reason in ("not-found", "no-run", "log-gone")
        else ()
    )
    return (
        *retry_buttons,
        *other_template_buttons,
        context.build_button("guided-questions", "guided"),
        context.build_button("draft", "draft"),
    )


def _extract_template_values(refusal: AzureRefusal) -> dict[str, str]:
    """Return the values for commands from the resource id of a refused template."""
    template_id = TemplateId.parse(refusal.target)
    return template_id.to_facts() if template_id else {}


def _choose_part(reason: AzureRefusalReason, request: AzureRequest) -> ManualPart:
    if request.kind == "failing":
        return "failing"
    return "log" if reason in _LOG_REASONS or request.kind == "whole-log" else "status"
