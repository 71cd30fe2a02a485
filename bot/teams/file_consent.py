"""What a person answers to the question whether a file may be put into their OneDrive (`fileConsent/invoke`).

The file is made anew from the conversation's state, so that nothing of it is kept meanwhile; a case that was changed
since is another file, and is not given under the old name.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.cards.file_cards import build_info_message
from bot.cards.messages import Message
from bot.errors import UploadError
from bot.files.uploads import FileUploader, parse_sharepoint_url
from bot.teams.invokes import Invoke, InvokeHandler, InvokeResult
from bot.teams.message_text import as_mapping
from bot.turns.channel import Channel
from bot.turns.notices import NoticeId, detect_language, render_notice
from bot.turns.turn_runner import TurnRunner
from dialogs.conversation import Conversation
from knowledge.model.entry import Language

MAX_FIELD_CHARS = 200
RESPONSE_TIMEOUT_SECONDS = 2.0
"""Seconds that the invoke still waits for what is said afterwards, after up to eight for the upload."""

_log = logging.getLogger(__name__)


class FileConsentHandler:
    """Gives the files that `medic` offered, through `uploads`."""

    def __init__(self, conversation: Conversation, uploads: FileUploader) -> None:
        self._conversation, self._uploads = conversation, uploads

    def get_handlers(self) -> Mapping[str, InvokeHandler]:
        """What it answers, by name, for `Invokes`."""
        return {"fileConsent/invoke": self._handle_consent}

    async def _handle_consent(self, invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
        """The person has said yes or no. What comes of it takes the place of the question, once."""
        value, turn = as_mapping(invoke.value), invoke.incoming.turn
        args = as_mapping(value.get("context"))
        said_yes = {"accept": True, "decline": False}.get(str(value.get("action")))
        if turn.scope != "personal" or value.get("type") != "fileUpload" or said_yes is None:
            return InvokeResult(
                400, {"error": {"code": "BadArgument", "message": invoke.render_notice("not-understood")}}
            )
        state, done = await turns.read_dialog_state(invoke.incoming)
        if not done:
            language: Language = "it" if args.get("language") == "it" else detect_language(turn.locale)
            asked = invoke.body.get("replyToId")
            place = (
                asked if isinstance(asked, str) and 0 < len(asked) <= MAX_FIELD_CHARS and asked.isprintable() else ""
            )
            said: Message | NoticeId = "file-declined"
            if said_yes:
                said = await self._upload_file(state, args, as_mapping(value.get("uploadInfo")), place)
            if isinstance(said, str):
                said = {"text": render_notice(said, language), **({"replaces": place} if place else {})}
            await turns.run_turn(
                replace(invoke.incoming, intent="say", extra_message=said), channel, RESPONSE_TIMEOUT_SECONDS
            )
        return InvokeResult(200)

    async def _upload_file(
        self,
        state: Mapping[str, Any] | None,
        args: Mapping[str, Any],
        upload_info: Mapping[str, Any],
        replaced_activity_id: str,
    ) -> Message | NoticeId:
        """The message with the file, once it is there, or the sentence that says why there is none."""
        content = self._conversation.read_offered_file(state, args)
        if not content:
            return "file-changed"
        where = parse_sharepoint_url(upload_info.get("uploadUrl"))
        if where is None:
            _log.warning("An upload address was not of SharePoint; nothing was sent there.")
            return "file-failed"
        try:
            await self._uploads.put(where, content)
        except UploadError as failed:
            _log.warning("A file was not taken: %s", failed)
            return "file-failed"
        told = {name: upload_info.get(name) for name in ("name", "uniqueId", "fileType", "contentUrl")}
        short = all(isinstance(item, str) and 0 < len(item) <= MAX_FIELD_CHARS for item in list(told.values())[:3])
        return (
            build_info_message(told, replaced_activity_id)
            if short and parse_sharepoint_url(told["contentUrl"])
            else "file-given"
        )
