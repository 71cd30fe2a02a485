"""Post a lookup that a person shares in the group chat or channel where they asked for it.

The way there is stored in the person's own document of that conversation, so it exists only where the person wrote to
the bot, and is deleted with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from bot.azure.arm.audit import write_share_audit_line
from bot.errors import DeliveryError, RequestRefusedError
from bot.sharing.post_marks import PostMarks
from bot.state.store import StateStore, build_state_key
from bot.turns.channel import Audience, Channel, ProactiveMessenger
from dialogs.model.errors import ShareRefusedError
from dialogs.model.reply import Reply
from dialogs.model.share_refusal import ShareRefusalReason
from dialogs.model.turn import Person

_REFUSED_AUDIENCES: Mapping[Audience, ShareRefusalReason] = {"guests": "guests", "unclear": "members-unclear"}


class ThreadLookSharer:
    """Posts lookups in the conversations of `store`, which `get_messenger()` reaches once the bot is serving."""

    def __init__(
        self,
        store: StateStore,
        get_messenger: Callable[[], ProactiveMessenger],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._get_messenger, self._clock = store, get_messenger, clock

    async def share(
        self, person: Person, conversation_id: str, share_id: str, template_name: str, reply: Reply
    ) -> None:
        """Post `reply` in a conversation, as `dialogs.model.ports.LookSharer` says, and write the audit line."""
        started_at, result = time.monotonic(), "broken"
        try:
            was_sent = await self._share(person, conversation_id, share_id, reply)
            result = "ok" if was_sent else "sent-before"
        except ShareRefusedError as refused:
            result = refused.reason
            raise
        finally:
            milliseconds = (time.monotonic() - started_at) * 1000
            write_share_audit_line(person, template_name, conversation_id, result, milliseconds)

    async def _share(self, person: Person, conversation_id: str, share_id: str, reply: Reply) -> bool:
        """Post `reply`; return whether it was sent now rather than earlier."""
        key = build_state_key(person.tenant, conversation_id, person.id)
        marks = PostMarks(self._store, key, share_id, self._clock)
        way_back = await marks.find_way_back()
        if way_back is None:
            return False

        async def post(channel: Channel) -> None:
            await _post_once(channel, person, marks, reply)

        try:
            await self._get_messenger().resume_conversation(way_back, post)
        except RequestRefusedError:  # the bot's credentials have changed
            raise ShareRefusedError("no-way-back") from None
        except DeliveryError:
            raise ShareRefusedError("later") from None
        return True


async def _post_once(channel: Channel, person: Person, marks: PostMarks, reply: Reply) -> None:
    """Check who can read the conversation, commit that posting has begun, post, and commit that it was posted."""
    try:
        audience = await channel.read_audience(person)
    except DeliveryError:
        raise ShareRefusedError("members-unread") from None
    if audience in _REFUSED_AUDIENCES:
        raise ShareRefusedError(_REFUSED_AUDIENCES[audience])
    (message,) = channel.render_reply(reply, ())
    await marks.begin()
    try:
        await channel.send(message)
    except DeliveryError as error:
        if error.outcome == "unknown":
            raise ShareRefusedError("unsure") from None
        await marks.cancel()
        raise ShareRefusedError("refused" if error.outcome == "refused" else "later") from None
    await marks.complete()
