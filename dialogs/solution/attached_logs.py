"""Files that came with a message: read after the answer, and reported in a turn of their own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, get_args

from dialogs.context import LABEL, Outcome, Scene
from dialogs.model.errors import FileRefused
from dialogs.model.files import AttachedFile, FileReason, FileRefusal, LogInFile
from dialogs.model.job import Done, Work
from dialogs.model.ports import Files
from dialogs.model.reply import Block, Button, Lines, Paragraph, Reply, Run
from dialogs.replies.durations import size_in_words
from dialogs.replies.general_replies import trouble, ways_on
from dialogs.solution.diagnosed import diagnosed
from dialogs.solution.walkthrough import where_we_are
from dialogs.state import diagnosis as held
from dialogs.state.diagnosis import found_something
from dialogs.state.json_fields import ShapeError, keyed, one_of, rows, text, whole
from dialogs.state.logs import MOST_LOGS, HeldLog, shown_name, with_logs
from dialogs.state.state import State
from dialogs.texts import Own
from knowledge.model.diagnosis import Diagnosis, Match
from knowledge.model.entry import Language
from knowledge.redaction.redact import redact

READ_FILE = "read-file"
"""What the work is called."""
_AGAIN: frozenset[FileReason] = frozenset({"expired", "no-network", "too-slow", "damaged", "unexpected"})
_log = logging.getLogger(__name__)


def only_introduces(diagnosis: Diagnosis) -> bool:
    """Whether a text beside a file says nothing that the file would not say better: words that fit many an error."""
    words = diagnosis.kind in ("question", "unknown") and diagnosis.outcome == "unknown"
    return words and len(diagnosis.matches) != 1 and all(m.confidence == "possible" for m in diagnosis.matches)


def begin(scene: Scene, state: State, files: tuple[AttachedFile, ...], can_read: bool) -> Outcome:
    """A word at once that the files are being read, and the works that read them."""
    if not can_read:
        return state, (_refusal_reply(scene, FileRefusal("off"), files[0].name),)
    works = tuple(
        Work(READ_FILE, {"name": redact(file.name), "reference": file.reference, "paste": state.paste})
        for file in files
    )
    names: list[Run] = []
    for file in files:
        names += [*([Run(", ")] if names else []), Run(_name(scene, file.name), "code")]
    said = scene.reply(scene.say("file.reading", names=tuple(names)), beside=True)
    return state, (replace(said, work=works),)


async def perform(
    files: Files | None, work: Work, language: Language, progress: Callable[[int, int], None]
) -> Mapping[str, Any]:
    """Reads the file and gives what came of it as plain JSON. Never raises."""
    name, reference = work.args.get("name"), work.args.get("reference")
    try:
        if files is None:
            raise FileRefused(FileRefusal("off"))
        if not isinstance(name, str) or not isinstance(reference, str):
            raise FileRefused(FileRefusal("unexpected"))
        read = await files.read(AttachedFile(name, reference), language, progress)
        logs = [
            {"name": redact(log.name), "size": log.size, "diagnosis": held.to_json(held.hold(log.diagnosis))}
            for log in read.logs[:MOST_LOGS]
        ]
        return {"size": read.size, "logs": logs, "texts": max(read.texts, len(read.logs)), "left": read.left}
    except FileRefused as refused:
        return {"refused": {"reason": refused.refusal.reason, "most": refused.refusal.most}}
    except Exception as error:  # noqa: BLE001 - the last resort: the person is told, and nothing of the file is logged
        _log.error("reading a file failed: %s", type(error).__name__)
        return {"refused": {"reason": "unexpected", "most": 0}}


def report(scene: Scene, state: State, done: Done) -> Outcome:
    """The turn that tells what a file says; beside the conversation where that has gone on."""
    name = done.work.args.get("name")
    name = name if isinstance(name, str) else ""
    try:
        result = keyed(done.result)
        if "refused" in result:
            refused = keyed(result["refused"])
            why = FileRefusal(one_of(refused.get("reason"), get_args(FileReason)), whole(refused.get("most")))
            return state, (_refusal_reply(scene, why, name),)
        logs = [_log_of(keyed(item)) for item in rows(result.get("logs"), MOST_LOGS)]
        size, texts, left = (
            whole(result.get("size"), most=10**13),
            whole(result.get("texts")),
            whole(result.get("left")),
        )
        if not logs:
            raise ShapeError("a file without a log")
    except ShapeError:
        return state, (_refusal_reply(scene, FileRefusal("unexpected"), name),)
    here = done.work.args.get("paste") == state.paste
    telling = [log for log in logs if _names_a_cause(log.diagnosis)]
    speaking = [log for log in logs if found_something(log.diagnosis)]
    if not speaking:
        return _nothing(scene, state, name, size, texts, left)
    one = telling if len(telling) == 1 else speaking
    if here and len(one) == 1:
        others = [log for log in speaking if log is not one[0]]
        return _followed(scene, state, name, one[0], others, left)
    logs_then, new = with_logs(state.logs, name, speaking, state.next_paste(scene.now))
    heading = "file.several" if here else "file.meanwhile"
    state = replace(state, logs=logs_then)
    return state, (_choice(scene, scene.heading(heading, name=_name(scene, name)), new, left),)


def chosen(scene: Scene, state: State, number: int) -> Outcome:
    """One of the logs that were read before is followed now."""
    log = next((log for log in state.logs if log.number == number), None)
    if log is None:
        return state, (trouble(scene, "file.gone"),)
    return _told(scene, state, log.name, log.size, log.diagnosis)


def _followed(scene: Scene, state: State, file: str, log: LogInFile, others: list[LogInFile], left: int) -> Outcome:
    """The one log that says what went wrong; what else was found is offered before it."""
    before: tuple[Reply, ...] = ()
    if others:
        logs, new = with_logs(state.logs, file, others, state.next_paste(scene.now))
        state = replace(state, logs=logs)
        own = scene.heading("file.one-tells", name=shown_name(file, log.name), archive=_name(scene, file))
        before = (_choice(scene, own, new, left),)
    state, replies = _told(scene, state, shown_name(file, log.name), log.size, log.diagnosis)
    return state, (*before, *replies)


def _told(scene: Scene, state: State, name: str, size: int, diagnosis: Diagnosis) -> Outcome:
    said = scene.say(
        "file.read", "subtle", name=name, size=Own(size_in_words(size)), lines=_grouped(diagnosis.lines, scene.language)
    )
    state, (first, *rest) = diagnosed(scene, state, diagnosis)
    return state, (replace(first, blocks=(said, *first.blocks)), *rest)


def _nothing(scene: Scene, state: State, name: str, size: int, texts: int, left: int) -> Outcome:
    key = "file.nothing" if texts == 1 else "file.nothing-in-any"
    said = [scene.say(key, name=_name(scene, name), size=Own(size_in_words(size)), count=texts), *_left(scene, left)]
    under_way = where_we_are(scene, state, (*said, scene.say("talk.still-here")))
    return state, (under_way or scene.reply(*said, buttons=ways_on(scene), beside=True),)


def _left(scene: Scene, left: int) -> tuple[Paragraph, ...]:
    return (scene.say("file.left", count=left),) if left else ()


def _choice(scene: Scene, heading: Block, logs: tuple[HeldLog, ...], left: int) -> Reply:
    blocks: list[Block] = [heading]
    buttons: list[Button] = []
    for log in logs:
        name, top = log.name, _top(log.diagnosis)
        blocks.append(scene.say("file.log", name=name, size=Own(size_in_words(log.size))))
        if top:
            confidence = Own(scene.word(f"confidence.{top.confidence}"))
            blocks.append(scene.say("candidate.line", title=scene.title(top.entry), confidence=confidence))
            if top.evidence:
                blocks.append(Lines(tuple((line.line, line.text) for line in top.evidence[:1])))
        else:
            blocks.append(scene.say(f"file.without.{log.diagnosis.outcome}"))
        buttons.append(Button(_label(scene, name), "file-log", {"log": log.number}))
    return scene.reply(*blocks, *_left(scene, left), scene.say("file.choose"), buttons=tuple(buttons), beside=True)


def _label(scene: Scene, name: str) -> str:
    """A button's label with as much of the name as a phone shows; its end, where it has to be cut."""
    room = LABEL - len(scene.word("button.file-log", name=""))
    return scene.word("button.file-log", name=name if len(name) <= room else f"…{name[1 - room :]}")


def _refusal_reply(scene: Scene, refusal: FileRefusal, name: str) -> Reply:
    reason = refusal.reason
    said = scene.say(
        f"file.refused.{reason}", "warning", name=_name(scene, name), most=Own(size_in_words(refusal.most))
    )
    again = (scene.say("file.again"),) if reason in _AGAIN else ()
    return scene.reply(said, *again, scene.say("file.by-hand"), buttons=ways_on(scene), beside=True)


def _log_of(item: dict[str, Any]) -> LogInFile:
    return LogInFile(
        text(item.get("name"), 400), whole(item.get("size"), most=10**13), held.from_json(item.get("diagnosis"))
    )


def _top(diagnosis: Diagnosis) -> Match | None:
    return next((match for match in diagnosis.matches if match.severity != "info"), None)


def _names_a_cause(diagnosis: Diagnosis) -> bool:
    top = _top(diagnosis)
    return top is not None and top.confidence != "possible"


def _name(scene: Scene, name: str) -> str:
    return shown_name(name) or scene.word("file.nameless")


def _grouped(count: int, language: Language) -> Own:
    """A number with its thousands apart, as the language writes it."""
    return Own(f"{count:,}" if language == "en" else f"{count:,}".replace(",", "."))
