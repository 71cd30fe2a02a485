"""How the status of a template looks: its last run, what it is made of, where its customizers got to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialogs.azure.customizer_timeline import Course
from dialogs.azure.refusals import brief
from dialogs.context import Scene
from dialogs.model.azure import LogTail, Refusal, TemplateStatus
from dialogs.model.azure_times import is_running, span, timeout_minutes, took
from dialogs.model.reply import Block, Button, Copyable, Facts, Paragraph, RichText, Run, Tone, literal
from dialogs.replies.durations import seconds_in_words
from dialogs.state.azure import args_of
from dialogs.texts import Own
from knowledge.redaction.redact import redact

MOST_MESSAGE = 900
"""Characters of the last run's message: its beginning names the failure, its end the log."""
MOST_OUTPUTS = 4
MOST_KINDS = 300

_TONES: Mapping[str, Tone] = {"failed": "attention", "succeeded": "good"}

_IN_FRONT = frozenset({"took", "started", "vm_size", "region", "output"})
"""What everybody wants to know of a run; the other facts stand below, folded, unless one of them speaks."""


def status_blocks(
    scene: Scene, status: TemplateStatus, course: Course | None, spoken: frozenset[str], message: bool, again: bool
) -> tuple[Block, ...]:
    """The status in short, and where it is shown `again` without its facts.

    `course` is what the log says about the customizers, `spoken` the rows whose facts speak. Without `message` that of
    the run is left to `more_blocks`: it mostly only points to a log that was looked at.
    """
    blocks: list[Block] = [scene.heading("look.title", name=brief(status.ref.name)), _run_line(scene, status)]
    if not again and (
        rows := [(label, value) for key, label, value in _rows(scene, status) if _in_front(status, key, spoken)]
    ):
        blocks.append(Facts(tuple(rows)))
    if status.provisioning_message.strip() and not again:
        blocks += [scene.say("look.provisioning-says"), Copyable(shortened(status.provisioning_message))]
    if message and status.message.strip():
        blocks += [scene.say("look.run-says"), Copyable(shortened(status.message))]
    if course is not None and course.bars.rows:
        blocks += _course_blocks(scene, course)
    elif status.customizers:
        kinds = ", ".join(f"{customizer.type} {customizer.name}".strip() for customizer in status.customizers)
        names = literal(kinds if len(kinds) <= MOST_KINDS else f"{kinds[:MOST_KINDS]}…")
        blocks.append(scene.say("look.customizers-listed", count=len(status.customizers), names=names))
    return tuple(blocks)


def more_blocks(scene: Scene, status: TemplateStatus, spoken: frozenset[str], message: bool) -> tuple[Block, ...]:
    """The rest of what Azure says, folded away."""
    rows = [(label, value) for key, label, value in _rows(scene, status) if not _in_front(status, key, spoken)]
    if not message and status.message.strip():
        rows.append((scene.word("look.fact.message"), literal(shortened(status.message))))
    return (Facts(tuple(rows), scene.word("look.more")),) if rows else ()


def _in_front(status: TemplateStatus, key: str, spoken: frozenset[str]) -> bool:
    if key == "provisioning" and status.provisioning_state.casefold() != "succeeded":
        return True
    return key in _IN_FRONT or key in spoken


def shortened(message: str, most: int = MOST_MESSAGE) -> str:
    """A message of Azure's without secrets, cut in its middle when it is long; between words, for an id is whole."""
    said = redact(message).strip()
    if len(said) <= most:
        return said
    start, end = said[: most * 2 // 3].rpartition(" "), said[-most // 3 :].partition(" ")
    return f"{start[0] or start[2]} … {end[2]}"


def status_buttons(
    scene: Scene, status: TemplateStatus, tail: LogTail | None, refusal: Refusal | None
) -> tuple[Button, ...]:
    """What can be done from the status of a template; `tail` is what was read of its log, `refusal` why nothing was."""
    ref: dict[str, Any] = {**args_of(status.ref)}
    buttons: list[Button] = []
    if (tail is not None and not tail.whole) or (refusal is not None and refusal.reason == "too-slow"):
        buttons.append(scene.button("whole-log", "whole-log", True, **ref, size=min(tail.size if tail else 0, 10**9)))
    buttons.append(scene.button("look-again", "look", primary=is_running(status), **ref))
    buttons.append(scene.button("watch-run" if is_running(status) else "watch", "watch", **ref))
    buttons.append(scene.button("look-other", "look-other"))
    return tuple(buttons)


def _run_line(scene: Scene, status: TemplateStatus) -> Block:
    if not status.run_state and status.provisioning_state.casefold() == "failed":
        return scene.say("look.never-made", "attention")
    if not status.run_state:
        return scene.say("look.never-ran")
    if is_running(status):
        key = "look.running-in" if status.run_sub_state else "look.running"
    else:
        key = "look.ran-in" if status.run_sub_state else "look.ran"
    tone: Tone = _TONES.get(status.run_state.casefold(), "default")
    said = scene.line(key, state=status.run_state, sub=status.run_sub_state)
    return Paragraph(said, tone)


def _rows(scene: Scene, status: TemplateStatus) -> list[tuple[str, str, RichText]]:
    """The facts by name, with their labels and values; a fact that Azure does not give has no row."""
    rows: list[tuple[str, str, RichText]] = []

    def row(key: str, value: RichText) -> None:
        rows.append((key, scene.word(f"look.fact.{key}"), value))

    if status.provisioning_state:
        code = (*_own(", "), *literal(status.provisioning_code)) if status.provisioning_code else ()
        row("provisioning", (*literal(status.provisioning_state), *code))
    seconds = took(status, scene.now)
    if seconds is not None:
        limit = timeout_minutes(status)
        row("took", scene.line("look.of-limit", took=Own(seconds_in_words(seconds)), limit=limit))
    if status.started:
        row("started", _own(span(status.started, status.ended)))
    row("vm_size", literal(status.vm_size) if status.vm_size else scene.line("look.default-size"))
    if status.os_disk_gb:
        row("os_disk", _own(f"{status.os_disk_gb} GB"))
    row("identities", _own(str(status.identities)) if status.identities else scene.line("look.no-identity"))
    if status.source:
        system = (*_own(" · "), *scene.line(f"look.os.{status.os}")) if status.os else ()
        row("source", (*literal(status.source), *system))
    if status.region:
        row("region", literal(status.region))
    if status.own_network:
        row("network", scene.line("look.own-network"))
    if status.staging_group:
        row("staging", literal(status.staging_group.rstrip("/").rpartition("/")[2]))
    if status.on_error:
        row("on_error", literal(status.on_error))
    for output in status.outputs[:MOST_OUTPUTS]:
        artifact = (*_own(" · "), *literal(output.artifact)) if output.artifact else ()
        row("output", (*literal(output.name), *_own(" · "), *literal(output.state or "?"), *artifact))
    return rows


def _course_blocks(scene: Scene, course: Course) -> list[Block]:
    blocks: list[Block] = []
    if not course.count:
        blocks.append(scene.say("look.rows"))
    elif course.reached is None:
        blocks.append(scene.say("look.customizers", count=course.count))
    elif course.reached > course.count:
        blocks.append(scene.say("look.after-customizers", count=course.count))
    else:
        blocks.append(scene.say("look.position", number=course.reached, count=course.count))
    if course.before:
        blocks.append(scene.say("look.rows-before", "subtle", count=course.before))
    blocks.append(course.bars)
    if course.after:
        blocks.append(scene.say("look.rows-after", "subtle", count=course.after))
    return blocks


def _own(text: str) -> RichText:
    return (Run(text),)
