"""What is kept of a person, and how it goes away when they say so."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import Outcome, Scene
from dialogs.state.state import State


def ask(scene: Scene, state: State) -> Outcome:
    """Says what is kept here, and asks whether it is to go."""
    buttons = (
        scene.button("forget", "forget-yes", primary=True),
        scene.button("keep", "step" if state.walk else "help"),
    )
    said = (scene.heading("forget.title"), scene.say("forget.kept"), scene.say("forget.ask"))
    return state, (scene.reply(*said, buttons=buttons, beside=True),)


def forgotten(scene: Scene) -> Outcome:
    """A state with nothing in it, and the word that nothing is kept any more."""
    said = scene.reply(scene.say("forget.done", "good"), buttons=(scene.button("help", "help"),), beside=True)
    return State(), (replace(said, forgets=True),)
