"""Actions of a ticket: contact form, classification, preview, confirmation.

Each starts from the same checks: there is a case with a product, it isn't filed already, and no filing is under way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from dialogs.action_registry import ActionRequest, ActionTable
from dialogs.context import DialogResult
from dialogs.model.support import MAX_CLASSIFICATIONS
from dialogs.state.conversation_state import ConversationState
from dialogs.state.json_fields import parse_int, parse_text
from dialogs.support.ticket.dialog import TicketDialog

TICKET_ACTIONS = ActionTable()

MAX_PREVIEW_HASH_CHARS = 40

_TicketHandler = Callable[[ActionRequest, TicketDialog, ConversationState], DialogResult | Awaitable[DialogResult]]


def _register(action_id: str) -> Callable[[_TicketHandler], _TicketHandler]:
    """Register a handler that gets the state with its ticket in progress; other states are answered before it."""

    def declare(handler: _TicketHandler) -> _TicketHandler:
        def prepare_and_handle(request: ActionRequest) -> DialogResult | Awaitable[DialogResult]:
            dialog = TicketDialog(request.resources.ticket_filer)
            prepared = dialog.prepare(request.context, request.state, request.person, request.turn.locale)
            return handler(request, dialog, prepared) if isinstance(prepared, ConversationState) else prepared

        TICKET_ACTIONS.register(action_id, scope="private")(prepare_and_handle)
        return handler

    return declare


@_register("ticket")
@_register("ticket-change")
def show_contact_form(request: ActionRequest, dialog: TicketDialog, state: ConversationState) -> DialogResult:
    """Ask who files the ticket and how to reach them."""
    return dialog.show_contact_form(request.context, state, {})


@_register("ticket-no")
def cancel_ticket(request: ActionRequest, dialog: TicketDialog, state: ConversationState) -> DialogResult:
    """Go back to the case without filing it."""
    return dialog.cancel_ticket(request.context, state)


@_register("ticket-preview")
async def preview_ticket(request: ActionRequest, dialog: TicketDialog, state: ConversationState) -> DialogResult:
    """Take the contact form, and show what would be filed."""
    return await dialog.look_up_classifications(request.context, state, request.person, request.fields)


@_register("ticket-documented")
async def take_documented_path(request: ActionRequest, dialog: TicketDialog, state: ConversationState) -> DialogResult:
    """Take the documented path instead of Image Builder's own product, and show what would be filed."""
    return await dialog.look_up_classifications(request.context, state, request.person, {}, uses_documented_path=True)


@_register("ticket-kind")
def choose_classification(request: ActionRequest, dialog: TicketDialog, state: ConversationState) -> DialogResult:
    """Take the classification that was chosen, and show what would be filed."""
    chosen = parse_int(request.args.get("kind"), max_value=MAX_CLASSIFICATIONS)
    return dialog.choose_classification(request.context, state, request.person, chosen)


@_register("ticket-yes")
def file_ticket(request: ActionRequest, dialog: TicketDialog, state: ConversationState) -> DialogResult:
    """File the ticket whose preview the person confirmed; anything else gets a new preview."""
    preview_hash = parse_text(request.args.get("seal", ""), MAX_PREVIEW_HASH_CHARS)
    return dialog.start_filing(request.context, state, request.person, preview_hash)


@_register("ticket-again")
async def file_ticket_again(request: ActionRequest, dialog: TicketDialog, state: ConversationState) -> DialogResult:
    """Try again what failed: the filing that was confirmed, or else the preview."""
    in_progress = state.tickets.in_progress
    if not (in_progress.classification_options and in_progress.confirmed_preview_hash):
        return await dialog.look_up_classifications(request.context, state, request.person, {})
    return dialog.start_filing(request.context, state, request.person, in_progress.confirmed_preview_hash)
