"""What a person answers to the question whether a file may be put into their OneDrive (`fileConsent/invoke`).

The file is made anew from the conversation's state, so that nothing of it is kept meanwhile; a case that was changed
since is another file, and is not given under the old name.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.cards.file_cards import info_message
from bot.cards.messages import Message
from bot.errors import UploadFailed
from bot.files.uploads import Uploads, place_of
from bot.teams.invokes import Handler, Invoke, InvokeAnswer
from bot.teams.message_text import as_mapping
from bot.turns.channel import Channel
from bot.turns.notices import Sentence, language_of, say
from bot.turns.turn_runner import Turns
from dialogs.conversation import Medic
from knowledge.model.entry import Language

LONGEST = 200
HOLD = 2.0
"""Seconds that the invoke still waits for what is said afterwards, after up to eight for the upload."""

_log = logging.getLogger(__name__)


class GivingFiles:
    """Gives the files that `medic` offered, through `uploads`."""

    def __init__(self, medic: Medic, uploads: Uploads) -> None:
        self._medic, self._uploads = medic, uploads

    def handlers(self) -> Mapping[str, Handler]:
        """What it answers, by name, for `Invokes`."""
        return {"fileConsent/invoke": self._answered}

    async def _answered(self, invoke: Invoke, turns: Turns, channel: Channel) -> InvokeAnswer:
        """The person has said yes or no. What comes of it takes the place of the question, once."""
        value, turn = as_mapping(invoke.value), invoke.incoming.turn
        args = as_mapping(value.get("context"))
        said_yes = {"accept": True, "decline": False}.get(str(value.get("action")))
        if turn.scope != "personal" or value.get("type") != "fileUpload" or said_yes is None:
            return InvokeAnswer(400, {"error": {"code": "BadArgument", "message": invoke.said("not-understood")}})
        state, done = await turns.state_of(invoke.incoming)
        if not done:
            language: Language = "it" if args.get("language") == "it" else language_of(turn.locale)
            asked = invoke.body.get("replyToId")
            place = asked if isinstance(asked, str) and 0 < len(asked) <= LONGEST and asked.isprintable() else ""
            said: Message | Sentence = "file-declined"
            if said_yes:
                said = await self._given(state, args, as_mapping(value.get("uploadInfo")), place)
            if isinstance(said, str):
                said = {"text": say(said, language), **({"replaces": place} if place else {})}
            await turns.take(replace(invoke.incoming, wants="say", gives=said), channel, HOLD)
        return InvokeAnswer(200)

    async def _given(
        self, state: Mapping[str, Any] | None, args: Mapping[str, Any], upload: Mapping[str, Any], place: str
    ) -> Message | Sentence:
        """The message with the file, once it is there, or the sentence that says why there is none."""
        content = self._medic.file(state, args)
        if not content:
            return "file-changed"
        where = place_of(upload.get("uploadUrl"))
        if where is None:
            _log.warning("An upload address was not of SharePoint; nothing was sent there.")
            return "file-failed"
        try:
            await self._uploads.put(where, content)
        except UploadFailed as failed:
            _log.warning("A file was not taken: %s", failed)
            return "file-failed"
        told = {name: upload.get(name) for name in ("name", "uniqueId", "fileType", "contentUrl")}
        short = all(isinstance(item, str) and 0 < len(item) <= LONGEST for item in list(told.values())[:3])
        return info_message(told, place) if short and place_of(told["contentUrl"]) else "file-given"
