"""What a look shows: the status of a template with what its log and its facts say, and the solution that follows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from dialogs.azure import manual_commands as by_hand
from dialogs.azure.combined_diagnosis import LogSeen, Sight, is_of, message_of, of_a_part, sight_of, without_place
from dialogs.azure.refusals import refusal_blocks
from dialogs.azure.status_view import more_blocks, status_blocks, status_buttons
from dialogs.context import Outcome, Scene, short
from dialogs.model.azure import LogTail, Refusal, TemplateRef, TemplateStatus
from dialogs.model.azure_times import is_running
from dialogs.model.errors import LookRefused
from dialogs.model.ports import Azure, Diagnoser
from dialogs.model.reply import Block, Button, Paragraph, Reply, Run
from dialogs.model.turn import Person
from dialogs.replies.durations import size_in_words
from dialogs.solution.diagnosed import diagnosed
from dialogs.solution.howtos import back_to_step
from dialogs.state import azure as memory
from dialogs.state.state import FactSpoken, State
from dialogs.state.template_status import bounded
from dialogs.texts import Own
from knowledge.catalog.fact_rules import Confirming, Weighed
from knowledge.model.diagnosis import Diagnosis, Match

BUDGET = 9.0
"""Seconds in which a look must have its answer: a turn holds its channel for no more than ten."""
LEAST = 0.5
MOST_WEIGHED = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """What Azure gave: the status, and the end of the log or why it could not be read."""

    status: TemplateStatus
    tail: LogTail | None = None
    refusal: Refusal | None = None


def deadline() -> float:
    """When a look that begins now must have its answer, in the time of the event loop."""
    return asyncio.get_running_loop().time() + BUDGET


async def see(azure: Azure, person: Person, ref: TemplateRef, until: float) -> Seen:
    """The template's status and the end of its last run's log; what the log is too slow for is left out.

    Raises `LookRefused` and `TimeoutError` for the status.
    """
    async with asyncio.timeout_at(until):
        status = bounded(await azure.status(person, ref))
    if not status.run_state:
        return Seen(status)
    try:
        async with asyncio.timeout_at(max(until, asyncio.get_running_loop().time() + LEAST)):
            return Seen(status, await azure.log_tail(person, status))
    except LookRefused as refused:
        return Seen(status, refusal=refused.refusal)
    except TimeoutError:
        return Seen(status, refusal=Refusal("too-slow", what="customization.log"))


async def tail_seen(scene: Scene, diagnose: Diagnoser, tail: LogTail | None) -> LogSeen | None:
    """The end of a log, diagnosed; from a part of it nothing is certain."""
    if tail is None or not tail.text.strip():
        return None
    diagnosis = await diagnose(tail.text, scene.language)
    part = diagnosis if tail.whole else of_a_part(diagnosis)
    return LogSeen(part, tail.read, tail.size, tail.growing, tail.file, tail.folder)


async def shown(
    scene: Scene, state: State, seen: Seen, diagnose: Diagnoser, confirming: Confirming, of_text: bool
) -> Outcome:
    """The answer to a look at one template; `of_text`: it was found by what the text under way says of it."""
    log = await tail_seen(scene, diagnose, seen.tail)
    message = await message_of(diagnose, seen.status, scene.language)
    before = state.diagnosis if state.diagnosis and (of_text or is_of(state.diagnosis, seen.status)) else None
    sight = sight_of(seen.status, message, log, before, scene.entries, confirming, scene.language, scene.now)
    return told(scene, state, sight, seen)


def told(scene: Scene, state: State, sight: Sight, seen: Seen, again: bool = False) -> Outcome:
    """The status card; after it the solution, where the look found another error than the one under way.

    `again`: the facts of the template were shown before, and only what the log says is new.
    """
    status = sight.status
    if seen.refusal is not None and seen.refusal.reason == "suspicious":
        sight = replace(sight, diagnosis=without_place(sight.diagnosis))
    state = replace(state, look=replace(state.look.settled(), ref=status.ref))
    top = leading(sight)
    walk = state.walk
    under_way = walk is not None and walk.paste == state.paste and sight.same
    same = under_way and top is not None and walk is not None and walk.entry == top.entry
    found = top is not None and (top.entry in sight.own or not sight.same)
    rows, message = _spoken_rows(sight), sight.log is None and seen.refusal is None
    blocks = list(status_blocks(scene, status, sight.course, rows, message, again))
    blocks += _log_blocks(scene, state, sight, seen, same)
    blocks += _weighed_blocks(scene, sight)
    blocks += () if again else more_blocks(scene, status, rows, message)
    back: tuple[Button, ...] = ()
    replies: tuple[Reply, ...] = ()
    failed = status.run_state.casefold() in ("failed", "canceled") or status.provisioning_state.casefold() == "failed"
    if same or (sight.same and not found and not (failed and top is None)):
        if status.run_state.casefold() == "succeeded" and state.diagnosis and state.diagnosis.outcome == "failed":
            blocks.append(scene.say("look.succeeded-since", "good"))
        # the number of the text stays, so that its cards can still be followed, now with the real names
        state = replace(state.with_form_aside(scene.now), diagnosis=sight.diagnosis, spoken=_spoken(sight))
        back = (*_other_cause(scene, state, top), *back_to_step(scene, state))
    elif seen.refusal is not None and top is not None and scene.entries[top.entry].role == "wrapper":
        # its cause stands in the log that could not be read, and how to get at that is said already
        state = replace(state.with_form_aside(scene.now), diagnosis=sight.diagnosis, walk=None, spoken=_spoken(sight))
        state = replace(state, paste=state.next_paste(scene.now))
        back = (scene.button("guided-questions", "guided"),)
    elif found or failed:
        shown_now = sight.diagnosis if top else replace(sight.diagnosis, matches=())
        state, replies = diagnosed(scene, state, shown_now)
        state = replace(state, spoken=_spoken(sight))
    elif state.diagnosis is None:
        state = replace(state, diagnosis=sight.diagnosis, paste=state.next_paste(scene.now), spoken=_spoken(sight))
    buttons = (*back, *status_buttons(scene, status, seen.tail, seen.refusal), scene.button("draft", "draft"))
    first = next((button for button in buttons if button.primary), None)
    buttons = tuple(button if button is first else replace(button, primary=False) for button in buttons)
    card = scene.reply(*blocks, buttons=buttons, summary=status.ref.name, beside=True)
    if seen.refusal and seen.refusal.reason == "sign-in":
        waits = state.look.waiting(memory.Asked("template", memory.of_ref(status.ref)), "sign-in")
        state, card = replace(state, look=waits), replace(card, sign_in=True)
    return state, (card, *(replace(reply, beside=True) for reply in replies))


def _spoken(sight: Sight) -> tuple[FactSpoken, ...]:
    """What the facts said of the first candidates, for a case that is drafted later."""
    return tuple((one.entry, spoken.fact, spoken.side) for one in sight.weighed[:MOST_WEIGHED] for spoken in one.spoken)


def leading(sight: Sight) -> Match | None:
    """What the answer goes on with: the first match that is more than possible, or that the facts do not refute."""
    refuted = {one.entry for one in sight.weighed if one.refuted}
    if is_running(sight.status):  # what only fits proves nothing of a run that may end well
        refuted |= {match.entry for match in sight.diagnosis.matches}
    for match in sight.diagnosis.matches:
        if match.severity != "info" and not (match.confidence == "possible" and match.entry in refuted):
            return match
    return None


def _other_cause(scene: Scene, state: State, top: Match | None) -> tuple[Button, ...]:
    """The button of the entry that leads now that the facts have spoken, where the walk under way is another's."""
    if top is None or (state.walk and state.walk.entry == top.entry):
        return ()
    return (Button(short(scene.title(top.entry)), "choose", {"entry": top.entry, "paste": state.paste}, primary=True),)


def _spoken_rows(sight: Sight) -> frozenset[str]:
    """The rows of the card whose facts speak for or against the first candidates."""
    said = [spoken.fact for one in sight.weighed[:MOST_WEIGHED] for spoken in one.spoken]
    return frozenset(_ROWS[fact] for fact in said if fact in _ROWS)


_ROWS: Mapping[str, str] = {
    # the row of the status card in which each fact stands
    "provisioning_state": "provisioning",
    "provisioning_code": "provisioning",
    "run_minutes": "took",
    "run_share": "took",
    "timeout": "took",
    "vm_cpus": "vm_size",
    "identities": "identities",
    "own_network": "network",
    "os": "source",
}


def _log_blocks(scene: Scene, state: State, sight: Sight, seen: Seen, same: bool) -> list[Block]:
    log, status = sight.log, sight.status
    if seen.refusal is not None and seen.refusal.reason in ("no-log", "no-run"):
        return [scene.say(f"refused.{seen.refusal.reason}"), scene.say(f"refused.{seen.refusal.reason}.next", "subtle")]
    if seen.refusal is not None:
        asked = memory.Asked("template", memory.of_ref(status.ref))
        values = {**by_hand.known_values(replace(state, diagnosis=sight.diagnosis))}
        return [
            scene.say("look.log.refused"),
            *refusal_blocks(scene, seen.refusal, replace(asked, what="whole-log"), values),
        ]
    if log is None:
        return [scene.say("look.log.empty")] if seen.tail is not None else []
    read = Own(size_in_words(log.read))
    if log.whole:
        blocks: list[Block] = [scene.say("look.log.whole", file=log.file, read=read)]
    else:
        key = "look.log.back-to" if log.diagnosis.timeline else "look.log.tail"
        blocks = [scene.say(key, file=log.file, read=read, size=Own(size_in_words(log.size)))]
    if log.growing or is_running(status):
        blocks.append(scene.say("look.log.growing"))
    if same:
        blocks.append(scene.say("look.log.same"))
        if _sure(sight.diagnosis) and not (state.diagnosis and _sure(state.diagnosis)):
            blocks.append(scene.say("look.log.now-certain", "good"))
    elif not log.diagnosis.matches and status.run_state.casefold() == "failed":
        blocks.append(scene.say("look.log.nothing"))
    return blocks


def _sure(diagnosis: Diagnosis) -> bool:
    top = next((m for m in diagnosis.matches if m.severity != "info"), None)
    return top is not None and top.confidence == "certain"


def _weighed_blocks(scene: Scene, sight: Sight) -> list[Block]:
    """Which facts spoke for the first candidates, which against, which were not looked at."""
    known: dict[str, Match] = {m.entry: m for m in sight.diagnosis.matches}
    if is_running(sight.status) and leading(sight) is None:
        return []
    blocks: list[Block] = []
    for one in [w for w in sight.weighed if w.entry in known and (w.spoken or w.unseen)][:MOST_WEIGHED]:
        if known[one.entry].confidence == "certain" and not one.unseen and all(s.side == "for" for s in one.spoken):
            continue  # the text proves it: that nothing speaks against it needs no words
        runs: list[Run] = [*scene.line("look.facts-on", title=scene.title(one.entry))]
        for side in ("for", "against"):
            if said := _said(scene, one, side):
                runs += [Run(" "), *scene.line(f"look.facts.{side}", facts=Own(said))]
        if one.unseen:
            names = ", ".join(scene.word(f"measure.{fact}") for fact in one.unseen)
            runs += [Run(" "), *scene.line("look.facts.unseen", facts=Own(names))]
        if one.refuted and known[one.entry].confidence == "certain":
            runs += [Run(" "), *scene.line("look.facts.certain-all-the-same")]
        blocks.append(Paragraph(tuple(runs)))
    return blocks


def _said(scene: Scene, one: Weighed, side: str) -> str:
    return "; ".join(spoken.says.in_(scene.language) for spoken in one.spoken if spoken.side == side)
