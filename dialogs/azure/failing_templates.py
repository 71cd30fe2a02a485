"""Every template whose last run failed, with its likely cause; each one press from its status and its log."""

from __future__ import annotations

from dialogs.azure.choose_template import pick, pickable, place, where
from dialogs.azure.combined_diagnosis import message_of
from dialogs.context import Scene
from dialogs.model.azure import Failing, TemplateStatus
from dialogs.model.azure_times import seconds_between
from dialogs.model.ports import Diagnoser
from dialogs.model.reply import Block, Button, Reply
from dialogs.replies.durations import seconds_in_words
from dialogs.state.template_status import bounded
from dialogs.texts import Own

PAGE = 4


async def failing(scene: Scene, found: Failing, diagnose: Diagnoser, first: int = 0) -> Reply:
    """The templates from number `first` (from 0) on, `PAGE` of them, each with what its own status says."""
    every = found.templates
    first = first if first < len(every) else 0
    page = [bounded(status) for status in every[first : first + PAGE]]
    blocks: list[Block] = [scene.heading("look.failing.title" if every else "look.failing.none")]
    if len(every) > PAGE:
        blocks.append(scene.say("look.failing.page", first=first + 1, last=first + len(page), count=len(every)))
    for status in page:
        blocks += await _one(scene, status, diagnose)
    blocks += where(scene, found.looked_in, found.denied)
    if found.more:
        blocks.append(scene.say("look.none.more"))
    refs = [status.ref for status in page]
    buttons = [pick(ref, refs) for ref in refs if pickable(ref)]
    if len(every) > PAGE:
        follows = first + PAGE if first + PAGE < len(every) else 0
        buttons.append(Button(scene.word("button.more-failing"), "failing", {"first": follows}))
    buttons.append(scene.button("look-other", "look-other"))
    return scene.reply(*blocks, buttons=tuple(buttons), beside=True)


async def _one(scene: Scene, status: TemplateStatus, diagnose: Diagnoser) -> list[Block]:
    """A template of the list, and what its own status says is the likely cause."""
    seconds = seconds_between(status.ended, scene.now)
    ago = scene.word("look.failing.ago", took=Own(seconds_in_words(seconds))) if seconds is not None else ""
    blocks: list[Block] = [place(status.ref, status.run_sub_state, ago=ago)]
    diagnosis = await message_of(diagnose, status, scene.language)
    matches = diagnosis.matches if diagnosis else ()
    top = next((m for m in matches if m.severity != "info" and m.entry in scene.entries), None)
    if top is None or scene.entries[top.entry].role == "wrapper":
        blocks.append(scene.say("look.failing.unknown", "subtle"))
    else:
        confidence = scene.word(f"confidence.{top.confidence}")
        blocks.append(scene.say("candidate.line", title=scene.title(top.entry), confidence=Own(confidence)))
    return blocks
