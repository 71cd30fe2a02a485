"""Where people already are: the knowledge searched from a message box, "Diagnose" on a colleague's message.

Both are message extensions: Teams invokes them, and shows what the HTTP response holds. They keep no state.
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
    """The handlers of the message extensions, by the names of their invokes."""

    async def search_entries(invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
        """The entries that were searched for, as cards to post."""
        value = as_mapping(invoke.value)
        found = await message_extension.search(_read_query(value), detect_language(invoke.incoming.turn.locale))
        if not found:
            return _build_extension_result(
                {
                    "type": "message",
                    "text": invoke.render_notice("search-what" if _is_query_blank(value) else "search-none"),
                }
            )
        return _build_extension_result(_build_result_list([_build_search_attachment(one) for one in found]))

    async def diagnose_message(invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
        """The diagnosis of a colleague's message, in a dialog that only the person sees."""
        text = _read_message_text(as_mapping(as_mapping(invoke.value).get("messagePayload")))
        if not text:
            return _build_task_result(invoke.render_notice("message-empty"))
        reply = await message_extension.diagnose_message(text, detect_language(invoke.incoming.turn.locale))
        return _build_task_result(_build_card_attachment(reply))

    async def share_entry(invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
        """A press of Share: the card goes into the person's message box, who decides whether to send it."""
        data = as_mapping(as_mapping(invoke.value).get("data"))
        entry = as_mapping(data.get("args")).get("entry")
        known = data.get("v") == ACTION_VERSION and data.get("do") == "share" and isinstance(entry, str)
        language = detect_language(invoke.incoming.turn.locale)
        reply = message_extension.build_shared_card(entry, language) if known and isinstance(entry, str) else None
        if reply is None:
            return _build_task_result(invoke.render_notice("strange-button"))
        return _build_extension_result(_build_result_list([_build_card_attachment(reply)]))

    return {
        "composeExtension/query": search_entries,
        "composeExtension/fetchTask": diagnose_message,
        "composeExtension/submitAction": share_entry,
    }


def _read_query(value: Mapping[str, Any]) -> str:
    """What was typed, whatever a client calls it: the command has one parameter. Teams asks once before that."""
    for parameter in as_list(value.get("parameters"))[:10]:
        typed = as_mapping(parameter)
        if typed.get("name") != "initialRun" and isinstance(typed.get("value"), str):
            return str(typed["value"])
    return ""


def _is_query_blank(value: Mapping[str, Any]) -> bool:
    return not _read_query(value).strip()


def _read_message_text(message: Mapping[str, Any]) -> str:
    """The text of a message as Teams hands it to an action: its body, and the texts that are attached to it."""
    body = as_mapping(message.get("body"))
    kind = "text/html" if body.get("contentType") == "html" else "text/plain"
    texts = [extract_text({"contentType": kind, "content": body.get("content")}, ())]
    texts += [extract_text(as_mapping(one), ()) for one in as_list(message.get("attachments"))[:10]]
    return "\n".join(filter(None, texts))


def _build_card_attachment(reply: Reply) -> dict[str, Any]:
    return {"contentType": CARD_TYPE, "content": build_reply_message(reply)["card"]}


def _build_search_attachment(result: EntrySearchResult) -> dict[str, Any]:
    """A result: the card that is posted, and the two lines that the list shows of it."""
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
    """A dialog with a card, or one that says a sentence."""
    if isinstance(content, str):
        return InvokeResult(200, {"task": {"type": "message", "value": content}})
    value = {"title": "Image Medic", "height": "large", "width": "large", "card": content}
    return InvokeResult(200, {"task": {"type": "continue", "value": value}})
