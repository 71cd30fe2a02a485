"""Handle a person's answer to the question whether a file may be saved to their OneDrive (`fileConsent/invoke`).

The file is built from the conversation's state at that time, so it's never stored. If the case has changed since the
offer, it would be a different file, so it isn't sent under the old name.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.cards.file_cards import build_info_message
from bot.cards.messages import FileMessage, TextMessage
from bot.errors import UploadError
from bot.files.uploads import FileUploader, parse_sharepoint_url
from bot.teams.invokes import Invoke, InvokeHandler, InvokeResult
from bot.teams.message_text import as_mapping
from bot.turns.channel import Channel
from bot.turns.notices import NoticeId, detect_language, render_notice
from bot.turns.turn_runner import TurnRunner
from dialogs.conversation import Conversation
from dialogs.texts.catalog import get_texts

MAX_FIELD_CHARS = 200
RESPONSE_TIMEOUT_SECONDS = 2.0
"""How many seconds the invoke waits for its reply, after up to eight for the upload."""

_IS_ACCEPTED = {"accept": True, "decline": False}
_FILE_FIELDS = ("name", "uniqueId", "fileType")

_log = logging.getLogger(__name__)


class FileConsentHandler:
    """Uploads the files that `conversation` offered, once the person has agreed."""

    def __init__(self, conversation: Conversation, uploads: FileUploader) -> None:
        self._conversation, self._uploads = conversation, uploads

    def get_handlers(self) -> Mapping[str, InvokeHandler]:
        """Return the handler by the name of its invoke, for `InvokeRouter`."""
        return {"fileConsent/invoke": self._handle_consent}

    async def _handle_consent(self, invoke: Invoke, turns: TurnRunner, channel: Channel) -> InvokeResult:
        """Upload the file if the person agreed, and replace the question with the outcome, once."""
        value, turn = as_mapping(invoke.value), invoke.incoming.turn
        is_accepted = _IS_ACCEPTED.get(str(value.get("action")))
        if turn.scope != "personal" or value.get("type") != "fileUpload" or is_accepted is None:
            error = {"code": "BadArgument", "message": invoke.render_notice("not-understood")}
            return InvokeResult(400, {"error": error})
        dialog_state, is_processed = await turns.read_dialog_state(invoke.incoming)
        if is_processed:  # a repeated delivery must not upload the file again
            return InvokeResult(200)
        args = as_mapping(value.get("context"))
        language = get_texts().parse_language(args.get("language")) or detect_language(turn.locale)
        question_id: Any = invoke.body.get("replyToId")
        replaced_activity_id: str = question_id if _is_short_text(question_id) and question_id.isprintable() else ""
        reply: FileMessage | TextMessage | NoticeId = "file-declined"
        if is_accepted:
            reply = await self._upload_file(
                dialog_state, args, as_mapping(value.get("uploadInfo")), replaced_activity_id
            )
        if isinstance(reply, str):
            reply = TextMessage(render_notice(reply, language), replaced_activity_id=replaced_activity_id)
        incoming = replace(invoke.incoming, intent="say", extra_message=reply)
        await turns.run_turn(incoming, channel, RESPONSE_TIMEOUT_SECONDS)
        return InvokeResult(200)

    async def _upload_file(
        self,
        dialog_state: Mapping[str, Any] | None,
        args: Mapping[str, Any],
        upload_info: Mapping[str, Any],
        replaced_activity_id: str,
    ) -> FileMessage | NoticeId:
        """Upload the file, and return the message that shows it or the notice that says why there is none."""
        content = self._conversation.read_offered_file(dialog_state, args)
        if not content:
            return "file-changed"
        # the invoke names the address, so it must not be able to send the file elsewhere
        upload_url = parse_sharepoint_url(upload_info.get("uploadUrl"))
        if upload_url is None:
            _log.warning("An upload address isn't on SharePoint, so nothing was sent there.")
            return "file-failed"
        try:
            await self._uploads.put(upload_url, content)
        except UploadError as error:
            _log.warning("A file was not uploaded: %s", error)
            return "file-failed"
        if all(_is_short_text(upload_info.get(name)) for name in _FILE_FIELDS) and parse_sharepoint_url(
            upload_info.get("contentUrl")
        ):
            return build_info_message(upload_info, replaced_activity_id)
        return "file-given"


def _is_short_text(item: Any) -> bool:
    return isinstance(item, str) and 0 < len(item) <= MAX_FIELD_CHARS
