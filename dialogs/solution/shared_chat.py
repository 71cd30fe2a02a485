"""What is said where others read along, in a group chat or a channel: short, and with little of the log."""

from __future__ import annotations

import re
from dataclasses import replace

from dialogs.context import Outcome, Scene, proof
from dialogs.model.reply import Block, Button, Lines, Paragraph, Reply, Run, prose
from dialogs.solution.diagnosis_view import entry_reply, phase_and_confidence, retry_of
from dialogs.state.state import State, Walk

MOST_LINES = 2
LEAST = 60
"""Characters of a cause that say something by themselves; "Two things changed." does not."""

_END = re.compile(r"(?<!e\.g)(?<!i\.e)(?<! es)[.!?](?=\s+[^a-z\s])")


def opening(scene: Scene, state: State, walk: Walk) -> Reply:
    """The answer that begins a walk: all of it, or the short form where others read along."""
    return _short(scene, state, walk) if scene.public else entry_reply(scene, state, walk)


def in_public(reply: Reply) -> Reply:
    """`reply` with at most `MOST_LINES` lines of the person's text, whatever it is."""
    left = MOST_LINES
    blocks: list[Block] = []
    for block in reply.blocks:
        if not isinstance(block, Lines):
            blocks.append(block)
        elif left:
            blocks.append(Lines(block.rows[:left]))
            left -= len(block.rows[:left])
    return replace(reply, blocks=tuple(blocks))


def to_private(scene: Scene, state: State, walk: Walk | None) -> Outcome:
    """A word that `walk` goes on in the private chat, where the outside takes it."""
    state = replace(state, walk=walk or state.walk)
    return state, (_word_of(scene, state, "thread.gone-private", "walk"),)


def case_to_private(scene: Scene, state: State) -> Outcome:
    """A word that the case is drafted in the private chat: it holds more of the log than others are to read."""
    return state, (_word_of(scene, state, "thread.case-private", "draft"),)


def _short(scene: Scene, state: State, walk: Walk) -> Reply:
    entry = scene.entries[walk.entry]
    match = state.match_of(walk.entry) if walk.paste == state.paste else None
    possible = match is None or match.confidence == "possible"
    title = scene.title(entry.id)
    blocks: list[Block] = [
        scene.heading("diagnosis.possible", title=title) if possible else Paragraph((Run(title),), size="title"),
        Paragraph(phase_and_confidence(scene, entry, match)),
    ]
    if match and match.evidence:
        blocks.append(proof(match.evidence[:MOST_LINES]))
    blocks.append(retry_of(scene, entry))
    cause = prose(first_sentence(entry.cause.in_(scene.language)))
    blocks.append(scene.say("diagnosis.cause", cause=cause))
    here = (_steps_here(scene, walk),) if entry.steps else ()
    private = scene.button("private", "private", primary=True, entry=entry.id, paste=walk.paste)
    return scene.reply(*blocks, buttons=(private, *here), summary=title)


def _word_of(scene: Scene, state: State, key: str, goes_on: str) -> Reply:
    walk = state.walk
    steps = (_steps_here(scene, walk),) if walk and walk.entry in scene.entries else ()
    said = scene.reply(scene.say(key), buttons=(*steps, scene.button("help", "help")), beside=True)
    return replace(said, goes_on=goes_on)


def _steps_here(scene: Scene, walk: Walk) -> Button:
    return scene.button("steps-here", "steps", entry=walk.entry, paste=walk.paste)


def first_sentence(text: str) -> str:
    """The first sentence of one of our own texts, its markup whole; with the next one where it says too little."""
    for found in _END.finditer(text):
        said = text[: found.end()]
        if len(said) >= LEAST and said.count("`") % 2 == 0 and said.count("**") % 2 == 0:
            return said
    return text
