"""The message extension: search the entries from a message box, and "Diagnose" on a colleague's message.

Teams sends an invoke and shows what's in the HTTP response. Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.cards.messages import CARD_TYPE, build_reply_message
from bot.teams.invokes import Invoke, InvokeHandler, InvokeResult
from bot.teams.message_text import as_list, as_mapping, extract_text
from bot.turns.channel import Channel
from bot.turns.notices import detect_language
from bot.turns.turn_runner import TurnRunner
from dialogs.message_extension import EntrySearchResult, MessageExtension
from dialogs.model.reply import Reply
from dialogs.model.turn import ACTION_VERSION
from dialogs.replies.plain_text import sanitize_line

PREVIEW_TYPE = "application/vnd.microsoft.card.thumbnail"
SEARCH_COMMAND_ID, DIAGNOSE_COMMAND_ID = "search", "diagnose"
"""The ids of the two commands in the app's manifest."""
MAX_TITLE_CHARS = 80
MAX_LINE_CHARS = 160


def build_extension_handlers(message_extension: MessageExtension) -> dict[str, InvokeHandler]:
    """Return the handlers of the message extension's invokes, by name."""

    async def search_entries(invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
        """Return the entries that match the query, as cards to post."""
        query = _read_query(as_mapping(invoke.value))
        results = await message_extension.search(query, detect_language(invoke.incoming.turn.locale))
        if not results:
            notice = invoke.render_notice("search-none" if query.strip() else "search-what")
            return _build_extension_result({"type": "message", "text": notice})
        return _build_extension_result(_build_result_list([_build_search_attachment(result) for result in results]))

    async def diagnose_message(invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
        """Return the diagnosis of a colleague's message, in a dialog that only the person sees."""
        text = _read_message_text(as_mapping(as_mapping(invoke.value).get("messagePayload")))
        if not text:
            return _build_task_result(invoke.render_notice("message-empty"))
        reply = await message_extension.diagnose_message(text, detect_language(invoke.incoming.turn.locale))
        return _build_task_result(_build_card_attachment(reply))

    async def share_entry(invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
        """Put the card of an entry into the person's message box; the person decides whether to send it."""
        data = as_mapping(as_mapping(invoke.value).get("data"))
        args = as_mapping(data.get("args"))
        entry, finding = args.get("entry"), args.get("finding", "")
        is_share_button = data.get("v") == ACTION_VERSION and data.get("do") == "share"
        language = detect_language(invoke.incoming.turn.locale)
        can_share = is_share_button and isinstance(entry, str)
        reply = message_extension.build_shared_card(str(entry), str(finding), language) if can_share else None
        if reply is None:
            return _build_task_result(invoke.render_notice("strange-button"))
        return _build_extension_result(_build_result_list([_build_card_attachment(reply)]))

    return {
        "composeExtension/query": search_entries,
        "composeExtension/fetchTask": diagnose_message,
        "composeExtension/submitAction": share_entry,
    }


def _read_query(value: Mapping[str, Any]) -> str:
    """Return what was typed. The command has one parameter, whose name depends on the client."""
    for item in as_list(value.get("parameters"))[:10]:
        parameter = as_mapping(item)
        # Teams sends an initial run when the box opens, before anything is typed
        if parameter.get("name") != "initialRun" and isinstance(parameter.get("value"), str):
            return str(parameter["value"])
    return ""


def _read_message_text(message: Mapping[str, Any]) -> str:
    """Return a message's text as Teams passes it to an action: its body, and the texts attached to it."""
    body = as_mapping(message.get("body"))
    # the format of Microsoft Graph, not that of an activity's attachments
    content_type = "text/html" if body.get("contentType") == "html" else "text/plain"
    texts = [extract_text({"contentType": content_type, "content": body.get("content")}, ())]
    texts += [extract_text(as_mapping(item), ()) for item in as_list(message.get("attachments"))[:10]]
    return "\n".join(filter(None, texts))


def _build_card_attachment(reply: Reply) -> dict[str, Any]:
    return {"contentType": CARD_TYPE, "content": build_reply_message(reply).card}


def _build_search_attachment(result: EntrySearchResult) -> dict[str, Any]:
    """Build a search result: the card to post, and the two lines that the list shows of it."""
    preview = {
        "title": sanitize_line(result.title)[:MAX_TITLE_CHARS],
        "text": sanitize_line(result.description)[:MAX_LINE_CHARS],
    }
    return {**_build_card_attachment(result.reply), "preview": {"contentType": PREVIEW_TYPE, "content": preview}}


def _build_result_list(attachments: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "result", "attachmentLayout": "list", "attachments": attachments}


def _build_extension_result(body: Mapping[str, Any]) -> InvokeResult:
    return InvokeResult(200, {"composeExtension": dict(body)})


def _build_task_result(content: str | dict[str, Any]) -> InvokeResult:
    """Build the response that opens a dialog with a card, or one with a text."""
    if isinstance(content, str):
        return InvokeResult(200, {"task": {"type": "message", "value": content}})
    value = {"title": "Image Medic", "height": "large", "width": "large", "card": content}
    return InvokeResult(200, {"task": {"type": "continue", "value": value}})
