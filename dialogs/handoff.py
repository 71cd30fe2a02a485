"""How a conversation among others goes on in a person's private chat: what goes there, what stays, what is shown."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import Outcome, Scene
from dialogs.replies import general_replies as talk
from dialogs.solution.diagnosis_view import entry_reply
from dialogs.solution.walkthrough import where_we_are
from dialogs.state.state import State
from dialogs.support import drafts


def taken(private: State, thread: State, now: str) -> State:
    """The private chat's state with the text and the walk of `thread`, as if the text were pasted there at `now`."""
    state = replace(private, language=private.language or thread.language)
    for tried in thread.tried:
        state = state.with_tried(tried)
    if thread.diagnosis is None and thread.walk is None:
        return state
    paste = state.next_paste(now)
    walk = thread.walk
    if walk:
        # a walk of another text must not meet the number of this one
        walk = replace(walk, paste=paste if walk.paste == thread.paste else 0)
    return replace(state.with_form_aside(now), paste=paste, diagnosis=thread.diagnosis, walk=walk)


def left(thread: State) -> State:
    """What stays behind: the text, so that its card can still be followed there; no walk or look under way."""
    return replace(thread, walk=None, form=None, look=thread.look.settled())


def shown(scene: Scene, state: State, goes_on: str) -> Outcome:
    """What the private chat shows first: the case when that was asked for, else where the walk is, in full."""
    if goes_on == "draft":
        return drafts.begin(scene, state)
    before = scene.say("thread.from")
    walk = state.walk
    if walk and walk.entry in scene.entries and walk.step == 0:
        reply = entry_reply(scene, state, walk)
        return state, (replace(reply, blocks=(before, *reply.blocks)),)
    return state, (where_we_are(scene, state, (before,)) or talk.sentence(scene, "talk.hello"),)
