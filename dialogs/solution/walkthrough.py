"""The walk through a solution, one step at a time, and what to do when it worked or when the steps are over."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import Outcome, Scene, proof, short
from dialogs.model.reply import Block, Button, Paragraph, Reply, Run
from dialogs.replies.general_replies import trouble
from dialogs.replies.plain_text import flat, one_line
from dialogs.solution import feedback
from dialogs.solution.diagnosis_view import candidate_blocks, rest_of, values_for
from dialogs.solution.shared_chat import opening
from dialogs.solution.step_view import step_blocks, walk_buttons
from dialogs.state.state import State, Tried, TriedOutcome, Walk
from dialogs.texts import Own

MOST_DO = 45
"""Characters of a step that was tried: what reminds of it in a line."""
MOST_PROOF = 2
"""Lines of the text that every step shows again: steps speak of them, and their first card may be gone."""


def choose(scene: Scene, state: State, walk: Walk) -> Outcome:
    """Begins the walk of an entry that the person chose."""
    if walk.entry not in scene.entries:
        return state, (trouble(scene, "trouble.entry-gone"),)
    picked = state.match_of(walk.entry) is None or walk.paste != state.paste
    begun = replace(walk, step=0, picked=picked)
    return replace(state, walk=begun), (opening(scene, state, begun),)


def next_step(scene: Scene, state: State, walk: Walk | None) -> Outcome:
    """Records that the step of `walk` did not help, and shows the following one or what is left after the last."""
    if walk is None:
        return state, (trouble(scene, "trouble.no-walk"),)
    if walk.entry not in scene.entries:
        return replace(state, walk=None), (trouble(scene, "trouble.entry-gone"),)
    state = _record(scene, state, walk, "no-help")
    walk = replace(walk, step=min(walk.step + 1, len(scene.entries[walk.entry].steps)))
    state = replace(state, walk=walk)
    return state, (step_reply(scene, state, walk),)


def worked(scene: Scene, state: State, walk: Walk | None) -> Outcome:
    """Records that the step of `walk` solved it."""
    ways = (*feedback.buttons(scene, state), scene.button("restart", "restart"))
    if walk is None or walk.entry not in scene.entries or walk.step >= len(scene.entries[walk.entry].steps):
        said = scene.say("walk.worked-none", "good")
    else:
        state = _record(scene, state, walk, "worked")
        said = scene.say("walk.worked", "good", number=walk.step + 1, title=scene.title(walk.entry))
    return replace(state, walk=None), (scene.reply(said, scene.say("walk.worked-next"), buttons=ways),)


def others(scene: Scene, state: State) -> Outcome:
    """The rest of the candidates with their confidence; choosing one begins its walk."""
    if state.diagnosis is None:
        return state, (trouble(scene, "others.no-text"),)
    rest = rest_of(scene, state, state.walk.entry if state.walk else "")
    back = (scene.button("step", "step"),) if state.walk and state.walk.entry in scene.entries else ()
    if not rest:
        buttons = (*back, scene.button("guided-questions", "guided"), scene.button("draft", "draft"))
        return state, (scene.reply(scene.say("others.none"), buttons=buttons),)
    buttons = (
        *(Button(short(scene.title(m.entry)), "choose", {"entry": m.entry, "paste": state.paste}) for m in rest[:4]),
        *back,
        scene.button("draft", "draft"),
    )
    blocks = candidate_blocks(scene, rest[:4])
    return state, (scene.reply(scene.heading("others.title"), *blocks, buttons=buttons),)


def step_reply(scene: Scene, state: State, walk: Walk, before: tuple[Block, ...] = ()) -> Reply:
    """The step at which `walk` is, or what is left to do after the last one. The entry must exist."""
    entry = scene.entries[walk.entry]
    title = scene.title(entry.id)
    here = walk.paste == state.paste
    rest = rest_of(scene, state, entry.id) if here else ()
    buttons = walk_buttons(scene, state, entry, walk.step, walk.paste, len(rest))
    if walk.step >= len(entry.steps):
        ending = [scene.say("walk.end-others")] if rest else []
        said = (*_tried(scene, state, walk), scene.say("walk.end", title=title), *ending, scene.say("walk.end-case"))
        return scene.reply(*before, *said, buttons=buttons)
    blocks: list[Block] = [*before, Paragraph((Run(title, "bold"),)), *_tried(scene, state, walk)]
    if not here:
        blocks.append(scene.say("trouble.earlier-text", "subtle"))
    match = state.match_of(entry.id) if here else None
    if match and match.evidence:
        blocks.append(proof(match.evidence[:MOST_PROOF]))
    blocks += step_blocks(scene, entry, walk.step, values_for(state, walk))
    return scene.reply(*blocks, buttons=buttons)


def where_we_are(scene: Scene, state: State, before: tuple[Block, ...] = ()) -> Reply | None:
    """The current step again, after `before`; `None` when no walk is under way."""
    if state.walk is None or state.walk.entry not in scene.entries:
        return None
    return step_reply(scene, state, state.walk, before)


def show_step(scene: Scene, state: State) -> Outcome:
    """The current step again, or a word that there is none."""
    return state, (where_we_are(scene, state) or trouble(scene, "trouble.no-walk"),)


def _tried(scene: Scene, state: State, walk: Walk) -> tuple[Block, ...]:
    """The steps before this one that did not help, a line each: their own card may have given its place to this one."""
    steps = scene.entries[walk.entry].steps
    failed = sorted(t.step for t in state.tried if t.entry == walk.entry and t.outcome == "no-help")
    return tuple(
        scene.say(
            "walk.tried", "subtle", number=at + 1, do=Own(short(one_line(flat(scene.text(steps[at].do))), MOST_DO))
        )
        for at in failed
        if at < min(walk.step, len(steps))
    )


def _record(scene: Scene, state: State, walk: Walk, outcome: TriedOutcome) -> State:
    if walk.step >= len(scene.entries[walk.entry].steps):
        return state
    return state.with_tried(Tried(walk.entry, walk.step, outcome, scene.now))
