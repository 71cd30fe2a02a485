"""Actions that look at Azure: find, show, and watch a template; read its log; consent and sign-out.

An answer to one of our questions replaces the question on screen. It never replaces the walkthrough that a lookup was
requested from.
"""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from dialogs.action_registry import ActionRequest, ActionTable
from dialogs.azure import manual_commands, template_watch
from dialogs.azure.dialog import AzureDialog
from dialogs.azure.manual_commands import ManualPart
from dialogs.context import DialogResult
from dialogs.state.azure_state import AzureRequest, LookupKind
from dialogs.state.json_fields import parse_choice, parse_int
from knowledge.template.template_id import TemplateQuery

AZURE_ACTIONS = ActionTable()

MAX_FIRST_INDEX = 10_000


@AZURE_ACTIONS.register("look", pressed_by="anyone")
async def look_at_template(request: ActionRequest) -> DialogResult:
    """Show the status of the template that the button names, or that the conversation is about."""
    result = await _request_lookup(request, "template")
    return _replace_question(result) if request.args else result


@AZURE_ACTIONS.register("preflight", pressed_by="anyone")
async def check_template(request: ActionRequest) -> DialogResult:
    """Check the template that the button names, or that the conversation is about, before it's built."""
    result = await _request_lookup(request, "template", checks=True)
    return _replace_question(result) if request.args else result


@AZURE_ACTIONS.register("log")
async def look_at_log(request: ActionRequest) -> DialogResult:
    """Show a template's status with the end of its log, for "read the log"; cards of 0.1.0 may have this button too."""
    return await _request_lookup(request, "template")


@AZURE_ACTIONS.register("look-other", pressed_by="anyone")
def ask_template_name(request: ActionRequest) -> DialogResult:
    """Ask which template to look at."""
    return AzureDialog.for_request(request).ask_template_name(request.context, request.state)


@AZURE_ACTIONS.register("look-yes")
async def grant_consent(request: ActionRequest) -> DialogResult:
    """Note that the person agrees to lookups, and continue with the one that was waiting for consent."""
    dialog = AzureDialog.for_request(request)
    return _replace_question(await dialog.grant_consent(request.context, request.state, request.person))


@AZURE_ACTIONS.register("look-no")
def decline_consent(request: ActionRequest) -> DialogResult:
    """Note that the person doesn't want lookups."""
    dialog = AzureDialog.for_request(request)
    return _replace_question(dialog.decline_consent(request.context, request.state))


@AZURE_ACTIONS.register("look-retry")
async def retry_lookup(request: ActionRequest) -> DialogResult:
    """Try the last lookup again."""
    dialog = AzureDialog.for_request(request)
    pending = request.state.azure.pending_request or AzureRequest()
    return _replace_question(await dialog.request_lookup(request.context, request.state, request.person, pending))


@AZURE_ACTIONS.register("failing", pressed_by="anyone")
async def list_failed_templates(request: ActionRequest) -> DialogResult:
    """List the templates whose last run failed, from `first` on; only those of the resource group `rg`, if given."""
    first = parse_int(request.args.get("first", 0), max_value=MAX_FIRST_INDEX)
    return await _request_lookup(request, "failing", first)


@AZURE_ACTIONS.register("whole-log")
async def read_whole_log(request: ActionRequest) -> DialogResult:
    """Read the whole log of a template's last run."""
    return await _request_lookup(request, "whole-log", parse_int(request.args.get("size", 0)))


@AZURE_ACTIONS.register("watch")
async def watch_template(request: ActionRequest) -> DialogResult:
    """Watch a template until its run ends."""
    return await _request_lookup(request, "watch")


@AZURE_ACTIONS.register("unwatch")
def unwatch_template(request: ActionRequest) -> DialogResult:
    """Stop watching a template."""
    query = TemplateQuery.from_args(request.args)
    return template_watch.stop_watch(request.context, request.state, AzureRequest("watch", query))


@AZURE_ACTIONS.register("watches")
def list_watches(request: ActionRequest) -> DialogResult:
    """List the watched templates."""
    return template_watch.list_watches(request.context, request.state)


@AZURE_ACTIONS.register("look-again")
async def look_again(request: ActionRequest) -> DialogResult:
    """Check the template that the conversation is about; if there is none, list the failed ones."""
    azure, diagnosis = request.state.azure, request.state.diagnosis
    is_known = azure.last_template_id is not None or (diagnosis is not None and "template" in diagnosis.facts)
    return await _request_lookup(request, "template" if is_known else "failing")


@AZURE_ACTIONS.register("sign-out")
async def sign_out(request: ActionRequest) -> DialogResult:
    """Sign the person out."""
    return await AzureDialog.for_request(request).sign_out(request.context, request.state, request.person)


@AZURE_ACTIONS.register("by-hand")
def show_manual_part(request: ActionRequest) -> DialogResult:
    """Show the command that reads a part of what Azure refused: the `part` and the template of a switch."""
    part: ManualPart = parse_choice(request.args.get("part"), get_args(ManualPart))
    query = TemplateQuery.from_args(request.args)
    return manual_commands.show_manual_part(request.context, request.state, part, query)


async def _request_lookup(
    request: ActionRequest, kind: LookupKind, detail: int = 0, checks: bool = False
) -> DialogResult:
    dialog = AzureDialog.for_request(request)
    query = TemplateQuery.from_args(request.args)
    if kind == "failing":  # the list isn't about a single template, but may be about a resource group
        query = TemplateQuery(resource_group=query.resource_group)
    azure_request = AzureRequest(kind, query, checks)
    return await dialog.request_lookup(request.context, request.state, request.person, azure_request, detail)


def _replace_question(result: DialogResult) -> DialogResult:
    """Let the first reply replace the card whose question it answers."""
    first, *rest = result.replies
    first = replace(first, placement="in-place" if first.may_be_replaced else "replaces")
    return replace(result, replies=(first, *rest))
