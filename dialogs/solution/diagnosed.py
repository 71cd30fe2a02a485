"""What a diagnosis does to the conversation: it replaces the one before, unless it found nothing at all."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import Outcome, Scene
from dialogs.replies.general_replies import sentence
from dialogs.solution.diagnosis_view import harmless_reply, several_reply, succeeded_reply, unmatched_reply
from dialogs.solution.howtos import offer
from dialogs.solution.shared_chat import opening
from dialogs.solution.walkthrough import where_we_are
from dialogs.state.diagnosis import found_something, hold
from dialogs.state.state import State, Walk
from knowledge.model.diagnosis import Diagnosis


def diagnosed(scene: Scene, state: State, diagnosis: Diagnosis, guide: str | None = None) -> Outcome:
    """The answer to a text. Steps that were tried stay, a case becomes a draft; the walk and the text before go.

    `guide` is the guide to offer when nothing was found in the text.
    """
    if not found_something(diagnosis):
        before = (scene.say("talk.not-recognised"), scene.say("talk.still-here"))
        return state, (
            where_we_are(scene, state, before) or sentence(scene, "talk.not-recognised", offer(scene, guide)),
        )
    held = hold(diagnosis)
    state = state.with_form_aside(scene.now)
    state = replace(state, paste=state.next_paste(scene.now), diagnosis=held, walk=None, spoken=())
    matches = tuple(match for match in held.matches if match.entry in scene.entries)
    if held.outcome == "succeeded" and all(m.severity == "info" or m.confidence == "possible" for m in matches):
        return state, (succeeded_reply(scene, state, matches),)
    if not matches:
        # an excerpt proves nothing, so it is not for others to read
        return state, (unmatched_reply(scene, replace(held, excerpt=()) if scene.public else held),)
    top = matches[0]
    if top.severity == "info":
        return state, (harmless_reply(scene, state, top),)
    blocking = tuple(match for match in matches if match.severity != "info")
    if top.confidence == "possible" and len(blocking) > 1:
        return state, (several_reply(scene, state, blocking),)
    walk = Walk(top.entry, 0, state.paste)
    return replace(state, walk=walk), (replace(opening(scene, state, walk), feedback=True),)
