"""Where people already are: the knowledge searched from a message box, "Diagnose" on a colleague's message.

Both are message extensions: Teams invokes them, and shows what the HTTP response holds. They keep no state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.cards.messages import CARD_TYPE, reply_message
from bot.teams.invokes import Handler, Invoke, InvokeAnswer
from bot.teams.message_text import as_list, as_mapping, text_of
from bot.turns.channel import Channel
from bot.turns.notices import language_of
from bot.turns.turn_runner import Turns
from dialogs.message_extension import Asides, FoundEntry
from dialogs.model.reply import Reply
from dialogs.model.turn import ACTION_VERSION
from dialogs.replies.plain_text import one_line

PREVIEW_TYPE = "application/vnd.microsoft.card.thumbnail"
SEARCH, DIAGNOSE = "search", "diagnose"
"""The ids of the two commands in the app's manifest."""
MOST_TITLE = 80
MOST_LINE = 160


def extension_handlers(asides: Asides) -> dict[str, Handler]:
    """The handlers of the message extensions, by the names of their invokes."""

    async def query(invoke: Invoke, turns: Turns, channel: Channel) -> InvokeAnswer:
        """The entries that were searched for, as cards to post."""
        value = as_mapping(invoke.value)
        found = await asides.search(_query_of(value), language_of(invoke.incoming.turn.locale))
        if not found:
            return _extension(
                {"type": "message", "text": invoke.said("search-what" if _fresh(value) else "search-none")}
            )
        return _extension(_results([_attachment(one) for one in found]))

    async def fetch(invoke: Invoke, turns: Turns, channel: Channel) -> InvokeAnswer:
        """The diagnosis of a colleague's message, in a dialog that only the person sees."""
        text = _text_of(as_mapping(as_mapping(invoke.value).get("messagePayload")))
        if not text:
            return _task(invoke.said("message-empty"))
        reply = await asides.diagnosed(text, language_of(invoke.incoming.turn.locale))
        return _task(_card(reply))

    async def submit(invoke: Invoke, turns: Turns, channel: Channel) -> InvokeAnswer:
        """A press of Share: the card goes into the person's message box, who decides whether to send it."""
        data = as_mapping(as_mapping(invoke.value).get("data"))
        entry = as_mapping(data.get("args")).get("entry")
        known = data.get("v") == ACTION_VERSION and data.get("do") == "share" and isinstance(entry, str)
        language = language_of(invoke.incoming.turn.locale)
        reply = asides.shared(entry, language) if known and isinstance(entry, str) else None
        if reply is None:
            return _task(invoke.said("strange-button"))
        return _extension(_results([_card(reply)]))

    return {
        "composeExtension/query": query,
        "composeExtension/fetchTask": fetch,
        "composeExtension/submitAction": submit,
    }


def _query_of(value: Mapping[str, Any]) -> str:
    """What was typed, whatever a client calls it: the command has one parameter. Teams asks once before that."""
    for parameter in as_list(value.get("parameters"))[:10]:
        typed = as_mapping(parameter)
        if typed.get("name") != "initialRun" and isinstance(typed.get("value"), str):
            return str(typed["value"])
    return ""


def _fresh(value: Mapping[str, Any]) -> bool:
    return not _query_of(value).strip()


def _text_of(message: Mapping[str, Any]) -> str:
    """The text of a message as Teams hands it to an action: its body, and the texts that are attached to it."""
    body = as_mapping(message.get("body"))
    kind = "text/html" if body.get("contentType") == "html" else "text/plain"
    texts = [text_of({"contentType": kind, "content": body.get("content")}, ())]
    texts += [text_of(as_mapping(one), ()) for one in as_list(message.get("attachments"))[:10]]
    return "\n".join(filter(None, texts))


def _card(reply: Reply) -> dict[str, Any]:
    return {"contentType": CARD_TYPE, "content": reply_message(reply)["card"]}


def _attachment(found: FoundEntry) -> dict[str, Any]:
    """A result: the card that is posted, and the two lines that the list shows of it."""
    preview = {"title": one_line(found.title)[:MOST_TITLE], "text": one_line(found.line)[:MOST_LINE]}
    return {**_card(found.reply), "preview": {"contentType": PREVIEW_TYPE, "content": preview}}


def _results(attachments: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "result", "attachmentLayout": "list", "attachments": attachments}


def _extension(body: Mapping[str, Any]) -> InvokeAnswer:
    return InvokeAnswer(200, {"composeExtension": dict(body)})


def _task(shown: str | dict[str, Any]) -> InvokeAnswer:
    """A dialog with a card, or one that says a sentence."""
    if isinstance(shown, str):
        return InvokeAnswer(200, {"task": {"type": "message", "value": shown}})
    value = {"title": "Image Medic", "height": "large", "width": "large", "card": shown}
    return InvokeAnswer(200, {"task": {"type": "continue", "value": value}})
