"""The how-to guides in the conversation: the list of them, and one guide as a card, with the way back to the walk."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.context import Outcome, Scene, short
from dialogs.model.reply import Block, Button, Command, Copyable, Paragraph, Reply, Run
from dialogs.solution.step_view import has_placeholder, step_body
from dialogs.state.diagnosis import values_of
from dialogs.state.state import State
from dialogs.texts import Own
from knowledge.catalog.howtos import Guide
from knowledge.commands.placeholders import fill
from knowledge.model.diagnosis import Diagnosis

PAGE = 5

FITTING: Mapping[str, str] = {
    "status": "get-build-log",
    "deployment-error": "get-build-log",
    "task-log": "log-from-devops",
    "build-log": "read-build-log",
}
"""The guide that helps on with a text of each kind that no known error fits."""


def show(scene: Scene, state: State, name: str) -> Outcome:
    """The guide `name` as one card, its commands filled from the text under way; the list if there is none."""
    found = scene.guides.by_id.get(name)
    if found is None:
        return state, (_list(scene, state, 0, (scene.say("guides.gone", "warning"),)),)
    return state, (_card(scene, state, found),)


def listed(scene: Scene, state: State, first: int = 0) -> Outcome:
    """The guides from number `first` (from 0) on, at most five a page."""
    return state, (_list(scene, state, first),)


def fitting(scene: Scene, diagnosis: Diagnosis) -> tuple[Button, ...]:
    """The button of the guide that helps on with a text of this kind, if there is one."""
    return offer(scene, FITTING.get(diagnosis.kind))


def offer(scene: Scene, name: str | None) -> tuple[Button, ...]:
    """The button of the guide `name`, if there is one."""
    found = scene.guides.by_id.get(name) if name else None
    return (_go(scene, found),) if found else ()


def _card(scene: Scene, state: State, guide: Guide) -> Reply:
    title = guide.title.in_(scene.language)
    values = _values(state)
    blocks: list[Block] = [Paragraph((Run(title),), size="title"), Paragraph(scene.text(guide.intro))]
    for number, one in enumerate(guide.steps, 1):
        blocks.append(scene.say("guides.step", number=number, do=scene.text(one.step.do)))
        if one.copy:
            blocks.append(Copyable(fill(one.copy, "Azure CLI", values)))
        blocks += step_body(scene, one.step, values)
    if any(isinstance(block, (Command, Copyable)) and has_placeholder(block.text) for block in blocks):
        blocks.append(scene.say("walk.placeholders", "subtle"))
    pages = "; ".join(f"{reference.title}: {reference.url}" for reference in guide.references)
    blocks.append(scene.say("guides.references", "subtle", pages=Own(pages)))
    buttons = (
        *back_to_step(scene, state),
        scene.button("other-guides", "guides"),
        scene.button("draft", "draft"),
        scene.button("restart", "restart"),
    )
    return scene.reply(*blocks, buttons=buttons, summary=title)


def _list(scene: Scene, state: State, first: int, before: tuple[Block, ...] = ()) -> Reply:
    every = tuple(scene.guides.by_id.values())
    back = back_to_step(scene, state)
    room = PAGE - len(back)
    first = first if 0 <= first < len(every) else 0
    page = every[first : first + room]
    follows = (first + room) % (-(-len(every) // room) * room)
    more = (scene.button("more-guides", "guides", first=follows),) if len(every) > room else ()
    return scene.reply(
        *before,
        scene.heading("guides.title"),
        scene.say("guides.intro"),
        buttons=(*(_go(scene, guide) for guide in page), *more, *back),
    )


def _go(scene: Scene, guide: Guide) -> Button:
    return Button(short(guide.title.in_(scene.language)), "guide", {"id": guide.id})


def back_to_step(scene: Scene, state: State) -> tuple[Button, ...]:
    """The way back to the walk under way, if there is one."""
    walk = state.walk
    if walk is None or walk.entry not in scene.entries:
        return ()
    if walk.step >= len(scene.entries[walk.entry].steps):
        return (scene.button("step", "step"),)
    return (Button(scene.word("button.back-to-step", number=walk.step + 1), "step"),)


def _values(state: State) -> dict[str, str]:
    """What is known of the text under way, with what the entry in the walk captured, where both are of one text."""
    if state.diagnosis is None:
        return {}
    walk = state.walk
    return values_of(state.diagnosis, walk.entry if walk and walk.paste == state.paste else "")
