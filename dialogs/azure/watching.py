"""Watching a template: told when its run ends, or when the next one has, with what a look then shows.

A watch is a work that looks now and then. It holds no run and no token: each time, the person's rights decide anew.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dialogs.azure.refusals import refusal_blocks, refusal_buttons
from dialogs.azure.whole_log import refusal_from_json, refusal_to_json
from dialogs.context import Outcome, Scene
from dialogs.model.azure import Reason, Refusal, TemplateRef, TemplateStatus
from dialogs.model.azure_times import is_running
from dialogs.model.errors import LookRefused
from dialogs.model.job import AGAIN, FAILED, Done, Work
from dialogs.model.ports import Azure
from dialogs.model.reply import Button
from dialogs.model.turn import Person
from dialogs.state import azure as memory
from dialogs.state.azure import Asked
from dialogs.state.state import State

WATCH = "watch"
"""What the work is called."""
MOST_WATCHES = 3
HOURS = 24
"""How long a template is watched at most; who still wants to know asks again."""
EVERY = 60
"""Seconds between two looks at a run that goes on."""
EVERY_IDLE = 180
"""The same where no run goes on yet."""
AFTER_TROUBLE = 300
MOST_TROUBLES = 12
"""Looks one after the other that may come to nothing for a reason that passes: an hour of them."""

_PASSES: frozenset[Reason] = frozenset({"busy", "azure-trouble", "too-slow", "no-network", "conflict"})
_log = logging.getLogger(__name__)


def begin(scene: Scene, state: State, status: TemplateStatus) -> Outcome:
    """A word that the template is watched from now on, and the work that does it."""
    ref = status.ref
    watches = state.look.watches
    if any(_same(ref, other) for other in watches):
        return state, (scene.reply(scene.say("watch.already", name=ref.name), buttons=_ways(scene, ref), beside=True),)
    if len(watches) >= MOST_WATCHES:
        names = ", ".join(other.name for other in watches)
        stops = tuple(_stop(scene, other) for other in watches)
        return state, (scene.reply(scene.say("watch.enough", names=names), buttons=stops, beside=True),)
    running = is_running(status)
    args = {
        **memory.args_of(ref),
        "id": _id(ref),
        "run": status.started or "",
        "running": running,
        "until": _later(scene.now, hours=HOURS),
        "troubles": 0,
    }
    said = scene.say("watch.this-run" if running else "watch.next-run", name=ref.name, hours=HOURS)
    state = replace(state, look=replace(state.look.settled(), ref=ref, watches=(*watches, ref)))
    reply = scene.reply(said, buttons=_ways(scene, ref), beside=True)
    return state, (replace(reply, work=(Work(WATCH, args),)),)


def stop(scene: Scene, state: State, asked: Asked) -> Outcome:
    """The watch of the template that was named, or of all of them, ends."""
    watches = state.look.watches
    wanted = asked.wanted.name.casefold()
    gone = tuple(ref for ref in watches if not wanted or ref.name.casefold() == wanted)
    if not gone:
        names = ", ".join(ref.name for ref in watches)
        said = scene.say("watch.none-of", names=names) if names else scene.say("watch.none")
        return state, (scene.reply(said, buttons=(scene.button("look", "look"),), beside=True),)
    left = tuple(ref for ref in watches if ref not in gone)
    said = scene.say("watch.stopped", names=", ".join(ref.name for ref in gone))
    reply = scene.reply(said, buttons=(scene.button("look", "look"),), beside=True)
    state = replace(state, look=replace(state.look, watches=left))
    return state, (replace(reply, stops=tuple(map(_id, gone))),)


async def perform(azure: Azure | None, person: Person, work: Work, now: str) -> Mapping[str, Any]:
    """One look at what is watched: whether its run has ended, or that it is to be looked at again. Never raises."""
    args = dict(work.args)
    ref = Asked(wanted=memory.of_args(args)).ref
    if azure is None or azure.mode == "off" or ref is None:
        return {"refused": refusal_to_json(Refusal("off" if ref else "unexpected"))}
    if now >= str(args.get("until")):
        return {"over": True}
    try:
        status = await azure.status(person, ref)
    except LookRefused as refused:
        troubles = args.get("troubles")
        count = troubles + 1 if isinstance(troubles, int) else 1
        if refused.refusal.reason in _PASSES and count <= MOST_TROUBLES:
            wait = max(AFTER_TROUBLE, min(refused.refusal.retry_after or 0, 3600))
            return {AGAIN: wait, "args": {**args, "troubles": count}}
        return {"refused": refusal_to_json(refused.refusal)}
    except Exception as error:  # noqa: BLE001 - the last resort: the person is told
        _log.error("watching a template failed: %s", type(error).__name__)
        return {FAILED: "broken"}
    seen = {**args, "troubles": 0}
    if is_running(status):
        return {AGAIN: EVERY, "args": {**seen, "run": status.started or "", "running": True}}
    if args.get("running") or (status.started or "") != args.get("run"):
        return {"state": status.run_state}
    return {AGAIN: EVERY_IDLE, "args": seen}


def ended(scene: Scene, state: State, done: Done) -> tuple[State, Asked, bool]:
    """The state without the watch, the look that is to follow, and whether the run has ended (else it is refused)."""
    asked = Asked("template", memory.of_args(done.work.args))
    left = tuple(ref for ref in state.look.watches if _id(ref) != done.work.args.get("id"))
    return replace(state, look=replace(state.look, watches=left)), asked, "state" in done.result


def not_ended(scene: Scene, state: State, asked: Asked, done: Done) -> Outcome:
    """Why nothing more is said of the run: the time was over, or Azure says no."""
    name = asked.wanted.name
    if "over" in done.result:
        again = Button(scene.word("button.watch"), "watch", _args(asked), primary=True)
        said = scene.reply(scene.say("watch.over", name=name, hours=HOURS), buttons=(again,), beside=True)
        return state, (said,)
    refusal = refusal_from_json(done.result.get("refused"))
    waits: memory.Waits = "sign-in" if refusal.reason == "sign-in" else ""
    state = replace(state, look=state.look.waiting(Asked("watch", asked.wanted), waits))
    values = {"template": name, "resource_group": asked.wanted.resource_group}
    blocks = [scene.say("watch.refused", "warning", name=name), *refusal_blocks(scene, refusal, asked, values)]
    reply = scene.reply(*blocks, buttons=refusal_buttons(scene, refusal), beside=True)
    return state, (replace(reply, sign_in=refusal.reason == "sign-in"),)


def _ways(scene: Scene, ref: TemplateRef) -> tuple[Button, ...]:
    stop_it = Button(scene.word("button.unwatch"), "unwatch", memory.args_of(ref))
    return (stop_it, Button(scene.word("button.look-again"), "look", memory.args_of(ref)))


def _stop(scene: Scene, ref: TemplateRef) -> Button:
    return Button(scene.word("button.unwatch-named", name=ref.name), "unwatch", memory.args_of(ref))


def _args(asked: Asked) -> dict[str, str]:
    wanted = asked.wanted
    return {"sub": wanted.subscription, "rg": wanted.resource_group, "name": wanted.name}


def _id(ref: TemplateRef) -> str:
    return f"{WATCH} {ref.id.casefold()}"


def _same(one: TemplateRef, other: TemplateRef) -> bool:
    return one.id.casefold() == other.id.casefold()


def _later(now: str, hours: int) -> str:
    """`now` (UTC, ISO 8601, `Z`) so many hours on, in the same form."""
    return (datetime.fromisoformat(now) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
