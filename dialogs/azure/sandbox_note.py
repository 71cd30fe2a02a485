"""Cards that tell of made-up templates say so, every one of them, and each once."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import Scene
from dialogs.model.reply import Reply
from dialogs.state.state import State


def marked(scene: Scene, state: State, replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
    """The replies with a note that this is the sandbox, once a look has begun there."""
    look = state.look
    if scene.looks != "sandbox" or (look.ref is None and look.asked is None and look.consent is None):
        return replies
    note = scene.say("look.sandbox", "subtle")
    own = (scene.say("look.consent.sandbox"), scene.say("ticket.sandbox", "subtle"))
    return tuple(
        reply if any(block in own for block in reply.blocks) else replace(reply, blocks=(*reply.blocks, note))
        for reply in replies
    )
