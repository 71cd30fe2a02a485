"""Whether a diagnosis was right, and what it was really: asked where a walk ends, said at any time."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import Outcome, Scene, short
from dialogs.model.reply import Button
from dialogs.replies.general_replies import trouble
from dialogs.solution.diagnosis_view import rest_of
from dialogs.state.feedback import Judged
from dialogs.state.state import State

MOST_CANDIDATES = 4


def buttons(scene: Scene, state: State) -> tuple[Button, ...]:
    """The two judgements, where there is a diagnosis that was not judged yet."""
    if not shown_entry(state) or _judged(state):
        return ()
    return (scene.button("was-right", "right"), scene.button("was-wrong", "wrong"))


def right(scene: Scene, state: State) -> Outcome:
    """The person says that the diagnosis was right."""
    if not shown_entry(state):
        return state, (trouble(scene, "others.no-text"),)
    said = scene.say("feedback.right", "good")
    kept = state if _judged(state) else replace(state, judged=Judged(state.paste, "right"))
    return kept, (scene.reply(said, buttons=(scene.button("restart", "restart"),), beside=True),)


def wrong(scene: Scene, state: State) -> Outcome:
    """The person says that it was wrong: asks what it was, among what else fits."""
    entry = shown_entry(state)
    if not entry:
        return state, (trouble(scene, "others.no-text"),)
    candidates = tuple(
        Button(short(scene.title(match.entry)), "really", {"entry": match.entry, "paste": state.paste})
        for match in rest_of(scene, state, entry)[:MOST_CANDIDATES]
    )
    kept = state if _judged(state) else replace(state, judged=Judged(state.paste, "wrong"))
    asked = scene.reply(
        scene.say("feedback.wrong"),
        scene.say("feedback.really" if candidates else "feedback.really-none"),
        buttons=(*candidates, scene.button("guided-questions", "guided"), scene.button("draft", "draft")),
        beside=True,
    )
    return kept, (asked,)


def named(scene: Scene, state: State, entry: str, paste: int) -> State:
    """The state once the person says which entry it really was."""
    if entry in scene.entries and paste == state.paste and shown_entry(state) not in ("", entry):
        return replace(state, judged=Judged(paste, "wrong", entry))
    return state


def shown_entry(state: State) -> str:
    """The entry that the person was shown first; "" when none was."""
    matches = state.diagnosis.matches if state.diagnosis else ()
    return matches[0].entry if matches else ""


def _judged(state: State) -> bool:
    return state.judged is not None and state.judged.paste == state.paste
