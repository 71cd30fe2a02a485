"""The whole log, read after the answer: what is promised, what is done, and how its turn reports it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, get_args

from dialogs.azure.combined_diagnosis import LogSeen, is_of, message_of, sight_of
from dialogs.azure.refusals import refusal_blocks, refusal_buttons
from dialogs.azure.status_reply import Seen, told
from dialogs.azure.status_view import status_buttons
from dialogs.context import Outcome, Scene, proof
from dialogs.model.azure import LogFile, Reason, Refusal, TemplateRef
from dialogs.model.errors import LookRefused
from dialogs.model.job import Done, Work
from dialogs.model.ports import Azure, Diagnoser
from dialogs.model.reply import Lines
from dialogs.model.turn import Person
from dialogs.replies.durations import size_in_words
from dialogs.solution.howtos import back_to_step
from dialogs.state import azure as memory
from dialogs.state import diagnosis as held
from dialogs.state import template_status as held_status
from dialogs.state.azure import Asked
from dialogs.state.json_fields import ShapeError, keyed, maybe_whole, one_of, rows, text, truth, whole
from dialogs.state.state import State
from dialogs.texts import Own
from knowledge.catalog.fact_rules import Confirming
from knowledge.model.entry import Language

READ_WHOLE_LOG = "whole-log"
"""What the work is called."""
_SHORT = 600
_log = logging.getLogger(__name__)


def begin(scene: Scene, state: State, ref: TemplateRef, size: int) -> Outcome:
    """A word at once that the log is being read, and the work that reads it."""
    work = Work(READ_WHOLE_LOG, {**memory.args_of(ref), "paste": state.paste})
    said = (
        scene.say("look.reading", name=ref.name, size=Own(size_in_words(size)))
        if size
        else scene.say("look.reading-all", name=ref.name)
    )
    state = replace(state, look=replace(state.look.settled(), ref=ref))
    buttons = (*back_to_step(scene, state), scene.button("draft", "draft"), scene.button("help", "help"))
    return state, (replace(scene.reply(said, buttons=buttons, beside=True), work=(work,)),)


async def perform(
    azure: Azure | None, person: Person, work: Work, language: Language, progress: Callable[[int, int], None]
) -> Mapping[str, Any]:
    """Reads the log and gives what came of it as plain JSON. Never raises."""
    ref = Asked(wanted=memory.of_args(work.args)).ref
    try:
        if azure is None or azure.mode == "off":
            raise LookRefused(Refusal("off"))
        if ref is None:
            raise LookRefused(Refusal("unexpected"))
        status = held_status.bounded(await azure.status(person, ref))
        read = await azure.read_log(person, status, language, progress)
        return {
            "status": held_status.to_json(status),
            "diagnosis": held.to_json(held.hold(read.diagnosis)),
            "size": read.size,
            "file": read.file,
            "growing": read.growing,
            "folder": read.folder,
        }
    except LookRefused as refused:
        return {"refused": refusal_to_json(refused.refusal)}
    except Exception as error:  # noqa: BLE001 - the last resort: the person is told, and nothing of the log is logged
        _log.error("reading a whole log failed: %s", type(error).__name__)
        return {"refused": refusal_to_json(Refusal("unexpected", what=ref.id if ref else ""))}


async def report(scene: Scene, state: State, done: Done, diagnose: Diagnoser, confirming: Confirming) -> Outcome:
    """The turn that tells what the whole log says; beside the conversation where that has gone on."""
    asked = Asked("whole-log", memory.of_args(done.work.args))
    try:
        result = keyed(done.result)
        if "refused" in result:
            return _refused(scene, state, asked, refusal_from_json(result["refused"]))
        status = held_status.from_json(result.get("status"))
        size = whole(result.get("size"), most=10**15)
        log = LogSeen(
            held.from_json(result.get("diagnosis")),
            size,
            size,
            truth(result.get("growing")),
            one_of(result.get("file"), get_args(LogFile)),
            text(result.get("folder"), _SHORT),
        )
    except ShapeError:
        return _refused(scene, state, asked, Refusal("unexpected"))
    message = await message_of(diagnose, status, scene.language)
    here = done.work.args.get("paste") == state.paste
    before = state.diagnosis if here and state.diagnosis and is_of(state.diagnosis, status) else None
    sight = sight_of(status, message, log, before, scene.entries, confirming, scene.language, scene.now)
    seen = Seen(status)
    if here:
        return told(scene, state, sight, seen, again=True)
    top = next((m for m in sight.diagnosis.matches if m.severity != "info"), None)
    blocks = [
        scene.heading("look.meanwhile", name=status.ref.name),
        scene.say("look.log.whole", file=log.file, read=Own(size_in_words(size))),
    ]
    lines: tuple[Lines, ...] = ()
    if top is not None:
        confidence = Own(scene.word(f"confidence.{top.confidence}"))
        blocks.append(scene.say("candidate.line", title=scene.title(top.entry), confidence=confidence))
        lines = (proof(top.evidence),) if top.evidence else ()
    else:
        blocks.append(scene.say("look.log.nothing"))
    buttons = status_buttons(scene, status, None, None)
    return state, (scene.reply(*blocks, *lines, scene.say("look.meanwhile.how"), buttons=buttons, beside=True),)


def _refused(scene: Scene, state: State, asked: Asked, refusal: Refusal) -> Outcome:
    state = replace(state, look=state.look.waiting(asked, "sign-in" if refusal.reason == "sign-in" else ""))
    values = {"template": asked.wanted.name, "resource_group": asked.wanted.resource_group}
    blocks = [scene.say("look.log.refused"), *refusal_blocks(scene, refusal, asked, values)]
    reply = scene.reply(*blocks, buttons=refusal_buttons(scene, refusal), beside=True)
    return state, (replace(reply, sign_in=refusal.reason == "sign-in"),)


def refusal_to_json(refusal: Refusal) -> dict[str, Any]:
    """A refusal as plain JSON."""
    return {
        "reason": refusal.reason,
        "texts": [refusal.what, refusal.action, refusal.scope, refusal.role, refusal.code],
        "retry_after": refusal.retry_after,
        "subscriptions": list(refusal.subscriptions),
    }


def refusal_from_json(value: object) -> Refusal:
    """What `refusal_to_json` wrote. Raises `ShapeError`."""
    written = keyed(value)
    what, action, scope, role, code, *_ = (*(text(t, _SHORT) for t in rows(written.get("texts"), 5)), *[""] * 5)
    return Refusal(
        one_of(written.get("reason"), get_args(Reason)),
        what,
        action,
        scope,
        role,
        code,
        maybe_whole(written.get("retry_after")),
        tuple(text(name, _SHORT) for name in rows(written.get("subscriptions"), 50)),
    )
