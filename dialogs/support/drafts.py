"""The drafts of support cases: posted, put aside, listed, taken up again, discarded."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import Outcome, Scene, short
from dialogs.model.reply import Block, Button, Copyable
from dialogs.solution.walkthrough import where_we_are
from dialogs.state.state import State
from dialogs.support import draft, draft_form
from dialogs.support.case_outlets import ways_out
from dialogs.support.case_text import texts
from dialogs.support.draft_form import Fields
from dialogs.texts import Own

MOST_TITLE = 60


def begin(scene: Scene, state: State) -> Outcome:
    """The form under way, or the one of this text that was put aside, or a new one."""
    ours = [one for one in state.drafts if one.form.paste == state.paste]
    if state.form is None and ours:
        return take_up(scene, state, ours[-1].number)
    return draft_form.show(scene, state)


def post(scene: Scene, state: State, fields: Fields) -> Outcome:
    """The case as a text to copy, in English too, and the other ways out; or the form again, where it is incomplete."""
    state, problems = draft_form.taken(scene, state, fields)
    if problems or state.form is None:
        return draft_form.show(scene, state, problems)
    own, *english = texts(scene, state.form)
    replies = [scene.reply(scene.say("case.posted"), Copyable(own), beside=True)]
    replies += [scene.reply(scene.say("case.posted-english"), Copyable(text), beside=True) for text in english]
    return state, (*replies, ways_out(scene, state, state.form))


def afresh(scene: Scene, state: State) -> Outcome:
    """The form filled in anew from what is known now."""
    form = draft.afresh(scene, state)
    return draft_form.show(scene, replace(state, form=None if form == draft.fresh(scene, state) else form))


def put_aside(scene: Scene, state: State, fields: Fields) -> Outcome:
    """Puts the case among the drafts as it is, complete or not."""
    state = draft_form.taken(scene, state, fields)[0].with_form_aside(scene.now)
    said = scene.say("case.canceled")
    here = where_we_are(scene, state, (said,))
    buttons = (scene.button("drafts", "drafts"), scene.button("restart", "restart"))
    return state, (here or scene.reply(said, buttons=buttons),)


def discard(scene: Scene, state: State) -> Outcome:
    """Forgets the case under way, and what was written in it."""
    state = replace(state, form=None)
    said = scene.say("case.discarded")
    here = where_we_are(scene, state, (said,))
    mine = (scene.button("drafts", "drafts"),) if state.drafts else ()
    return state, (here or scene.reply(said, buttons=(*mine, scene.button("restart", "restart"))),)


def listed(scene: Scene, state: State) -> Outcome:
    """The drafts, newest first; a button takes one up."""
    blocks: list[Block] = [scene.heading("drafts.title")]
    buttons: list[Button] = []
    if state.form:
        title = Own(short(state.form.title, MOST_TITLE))
        blocks.append(scene.say("drafts.open", title=title))
        buttons.append(scene.button("edit-case", "draft", primary=True))
    for one in reversed(state.drafts):
        title = Own(short(one.form.title, MOST_TITLE))
        at = one.at.replace("T", " ")[:16]
        blocks.append(scene.say("drafts.line", number=one.number, title=title, at=Own(at)))
        buttons.append(Button(scene.word("button.take-up", number=one.number), "take-up", {"number": one.number}))
    if not buttons:
        return state, (scene.reply(scene.say("drafts.none"), buttons=(scene.button("draft", "draft"),)),)
    blocks.append(scene.say("drafts.what", "subtle"))
    return state, (scene.reply(*blocks, buttons=tuple(buttons)),)


def take_up(scene: Scene, state: State, number: int) -> Outcome:
    """Goes on with a draft that was put aside; the one under way takes its place there."""
    chosen = next((one for one in state.drafts if one.number == number), None)
    if chosen is None:
        said = scene.say("drafts.gone", "warning")
        return state, (scene.reply(said, buttons=(scene.button("drafts", "drafts"), scene.button("draft", "draft"))),)
    state = replace(state, drafts=tuple(one for one in state.drafts if one is not chosen))
    return draft_form.show(scene, replace(state.with_form_aside(scene.now), form=chosen.form))
