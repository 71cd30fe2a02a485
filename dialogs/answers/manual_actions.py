"""What the bot never does in Azure, such as starting a build: the commands and portal page to do it yourself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from dialogs.azure.manual_commands import build_manual_command, get_known_values
from dialogs.context import DialogContext, DialogResult
from dialogs.model.reply import Block, Button
from dialogs.replies.shell_commands import with_shell_switch
from dialogs.solution.howtos import build_back_to_step_buttons
from dialogs.solution.step_view import has_placeholder
from dialogs.state.azure_state import AzureState
from dialogs.state.conversation_state import ConversationState
from knowledge.commands.placeholders import Shell
from knowledge.template.template_id import TemplateId, TemplateQuery

ManualAction = Literal["run", "cancel", "delete"]
MANUAL_ACTIONS: tuple[ManualAction, ...] = get_args(ManualAction)

_COMMANDS: Mapping[ManualAction, Mapping[Shell, str]] = {
    "run": {
        "Azure CLI": "az image builder run -n <template> -g <rg>{sub} --no-wait",
        "PowerShell": "Start-AzImageBuilderTemplate -ResourceGroupName <rg> -Name <template>{sub} -NoWait",
    },
    "cancel": {
        "Azure CLI": "az image builder cancel -n <template> -g <rg>{sub}",
        "PowerShell": "Stop-AzImageBuilderTemplate -ResourceGroupName <rg> -Name <template>{sub}",
    },
    "delete": {
        "Azure CLI": "az image builder delete -n <template> -g <rg>{sub}",
        "PowerShell": "Remove-AzImageBuilderTemplate -ResourceGroupName <rg> -Name <template>{sub}",
    },
}


def show_manual_action(
    context: DialogContext, state: ConversationState, action: ManualAction, query: TemplateQuery
) -> DialogResult:
    """Show how to run, cancel, or delete a template's build: the named template's, or else the current one's."""
    template_id = query.template_id or _find_known_template(state.azure, query)
    values = template_id.to_facts() if template_id else {**_get_values_at_hand(state, query), **query.to_facts()}
    command = build_manual_command(context.shell, _COMMANDS[action], values)
    blocks: list[Block] = [
        context.build_heading(f"manual.{action}.title"),
        context.build_paragraph(f"manual.{action}.how"),
        command,
    ]
    if has_placeholder(command.text):
        blocks.append(context.build_paragraph("walk.placeholders", "subtle"))
    buttons = _build_buttons(context, state, template_id, query, action)
    reply = context.build_reply(*blocks, buttons=buttons, placement="stays")
    args = _build_query_args(template_id, query)
    return DialogResult(state, (with_shell_switch(context, reply, f"{action}-by-hand", args),))


def _build_buttons(
    context: DialogContext,
    state: ConversationState,
    template_id: TemplateId | None,
    query: TemplateQuery,
    action: ManualAction,
) -> tuple[Button, ...]:
    buttons: list[Button] = []
    if template_id is not None:
        region = str(state.diagnosis.facts.get("region") or "") if state.diagnosis else ""
        buttons.append(context.build_link_button("open-portal", template_id.build_portal_url(region), primary=True))
    args = _build_query_args(template_id, query)
    if action == "run" and context.access_mode != "off":
        buttons.append(Button(context.format_text("button.watch"), "watch", args))
    buttons.append(Button(context.format_text("button.look"), "look", args))
    return (*buttons, *build_back_to_step_buttons(context, state))


def _build_query_args(template_id: TemplateId | None, query: TemplateQuery) -> dict[str, str]:
    return (TemplateQuery.for_template(template_id) if template_id else query).to_args()


def _find_known_template(azure: AzureState, query: TemplateQuery) -> TemplateId | None:
    """Return the last template shown or watched, if the query matches it or names none."""
    known = (*([azure.last_template_id] if azure.last_template_id else ()), *azure.watched_templates)
    if not query.name:
        return known[0] if known else None
    return next((found for found in known if found.name.casefold() == query.name.casefold()), None)


def _get_values_at_hand(state: ConversationState, query: TemplateQuery) -> dict[str, str]:
    """Return what the diagnosed text says about its template, unless another one was named."""
    values = get_known_values(state)
    return values if not query.name or values.get("template", "").casefold() == query.name.casefold() else {}
