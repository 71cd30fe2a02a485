"""How a diagnosis looks: the entry with its proof, or an honest account of what was found and what was not."""

from __future__ import annotations

from dialogs.context import MOST_BUTTONS, Scene, proof, short
from dialogs.model.reply import Block, Button, Facts, Paragraph, Reply, RichText, Run, literal, prose
from dialogs.replies.durations import seconds_in_words
from dialogs.solution.howtos import fitting
from dialogs.solution.step_view import step_blocks, walk_buttons
from dialogs.state.diagnosis import values_of
from dialogs.state.state import State, Walk
from dialogs.texts import Own, has
from knowledge.catalog.exit_codes import meaning
from knowledge.model.diagnosis import Diagnosis, LineOf, Match
from knowledge.model.entry import Entry, LookAlike

MOST_TELLS = 3
MOST_CANDIDATES = 5
MOST_EXCERPT = 16


def rest_of(scene: Scene, state: State, entry: str) -> tuple[Match, ...]:
    """The other candidates of the held diagnosis beside `entry`: still known, and not merely harmless."""
    matches = state.diagnosis.matches if state.diagnosis else ()
    return tuple(m for m in matches if m.entry != entry and m.entry in scene.entries and m.severity != "info")


def entry_reply(scene: Scene, state: State, walk: Walk) -> Reply:
    """An entry with all that speaks for it and the first step; the whole answer to a text that was recognised."""
    entry, match = scene.entries[walk.entry], _match(state, walk)
    diagnosis = state.diagnosis if walk.paste == state.paste else None
    sure = match is not None and match.confidence == "certain"
    tells = () if sure else _tells(scene, state, entry)
    possible = match is None or match.confidence == "possible"
    title = scene.title(entry.id)
    blocks: list[Block] = [
        scene.heading("diagnosis.possible", title=title) if possible else Paragraph((Run(title),), size="title"),
        Paragraph(phase_and_confidence(scene, entry, match)),
    ]
    if diagnosis is None:
        blocks.append(scene.say("trouble.earlier-text", "subtle"))
    if match:
        blocks += _evidence(match.evidence)
    if diagnosis:
        blocks += run_blocks(scene, diagnosis)
    blocks.append(retry_of(scene, entry))
    blocks.append(scene.say("diagnosis.cause", cause=scene.text(entry.cause)))
    if diagnosis and diagnosis.script and match:
        blocks.append(scene.say("diagnosis.script", advice=prose(diagnosis.script.advice)))
    blocks += _remarks(scene, entry, match)
    if diagnosis and diagnosis.partial:
        blocks.append(scene.say("diagnosis.partial", "subtle"))
    if tells:
        blocks.append(scene.say("diagnosis.tell"))
        blocks += [_tell(scene, tell) for tell in tells]
    if entry.steps:
        blocks += step_blocks(scene, entry, 0, values_for(state, walk))
    else:
        blocks.append(scene.say("walk.no-steps"))
    others = rest_of(scene, state, entry.id) if diagnosis else ()
    buttons = walk_buttons(scene, state, entry, 0, walk.paste, len(others))
    return scene.reply(
        *blocks, buttons=_with_candidates(scene, buttons, [tell.entry for tell in tells[:2]], walk.paste), summary=title
    )


def harmless_reply(scene: Scene, state: State, match: Match) -> Reply:
    """A message that good builds show too."""
    entry = scene.entries[match.entry]
    title = scene.title(entry.id)
    return scene.reply(
        Paragraph((Run(title),), size="title"),
        *_evidence(match.evidence),
        scene.say("harmless.says", "good"),
        Paragraph(scene.text(entry.cause)),
        *(run_blocks(scene, state.diagnosis) if state.diagnosis else []),
        scene.say("harmless.ask"),
        buttons=_no_walk(scene),
        summary=title,
    )


def succeeded_reply(scene: Scene, state: State, matches: tuple[Match, ...]) -> Reply:
    """A build that succeeded; what else was recognised is offered, not claimed."""
    harmless = [scene.title(m.entry) for m in matches if m.severity == "info"]
    others = [m.entry for m in matches if m.severity != "info"]
    blocks: list[Block] = [scene.heading("succeeded.title"), scene.say("succeeded.says", "good")]
    if harmless:
        blocks.append(scene.say("succeeded.harmless", titles=Own(", ".join(harmless))))
    blocks.append(scene.say("succeeded.ask"))
    buttons = (*(_choose(scene, entry, state.paste) for entry in others[:3]), *_no_walk(scene))
    return scene.reply(*blocks, buttons=buttons, summary=scene.word("succeeded.title"))


def several_reply(scene: Scene, state: State, matches: tuple[Match, ...]) -> Reply:
    """Entries that fit without proof: what tells them apart, and the candidates to choose from."""
    blocks: list[Block] = [scene.heading("diagnosis.several")]
    if state.diagnosis:
        blocks += run_blocks(scene, state.diagnosis)
    blocks += candidate_blocks(scene, matches)
    if state.diagnosis and state.diagnosis.partial:
        blocks.append(scene.say("diagnosis.partial", "subtle"))
    blocks.append(scene.say("diagnosis.several-ask"))
    buttons = [_choose(scene, match.entry, state.paste) for match in matches[:MOST_CANDIDATES]]
    buttons += [scene.button("draft", "draft")]
    if len(buttons) < 6:
        buttons.insert(-1, scene.button("guided-questions", "guided"))
    return scene.reply(*blocks, buttons=tuple(buttons), summary=scene.word("diagnosis.several"))


def unmatched_reply(scene: Scene, diagnosis: Diagnosis) -> Reply:
    """No known error: what was found all the same, and what would settle it."""
    rows: list[tuple[str, RichText]] = [(scene.word("unmatched.kind"), _own(scene.word(f"kind.{diagnosis.kind}")))]
    if diagnosis.outcome != "unknown":
        rows.append((scene.word("unmatched.outcome"), _own(scene.word(f"outcome.{diagnosis.outcome}"))))
    if diagnosis.phase:
        rows.append((scene.word("unmatched.phase"), _reached(scene, diagnosis.phase)))
    if diagnosis.timeline:
        rows.append((scene.word("unmatched.last"), literal(diagnosis.timeline[-1].provisioner)))
    if diagnosis.facts.get("exit_code") is not None:
        code = diagnosis.facts["exit_code"]
        rows.append((scene.word("unmatched.exit-code"), literal(str(code)) + _meaning(scene, diagnosis, code)))
    blocks: list[Block] = [
        scene.heading("unmatched.title"),
        scene.say("unmatched.says"),
        Facts(tuple(rows)),
        *_evidence(diagnosis.excerpt[-MOST_EXCERPT:]),
    ]
    if diagnosis.script:
        blocks.append(scene.say("diagnosis.script", advice=prose(diagnosis.script.advice)))
    if diagnosis.partial:
        blocks.append(scene.say("diagnosis.partial", "subtle"))
    blocks.append(scene.say("unmatched.ask"))
    buttons = (*fitting(scene, diagnosis), *_no_walk(scene))
    return scene.reply(*blocks, buttons=buttons, summary=scene.word("unmatched.title"))


def _meaning(scene: Scene, diagnosis: Diagnosis, code: str | int | None) -> RichText:
    """What an exit code means, in brackets; nothing for 1, which only says that something failed."""
    said = meaning(code, diagnosis.os, scene.language) if isinstance(code, int) and code > 1 else None
    return (Run(" ("), *prose(said), Run(")")) if said else ()


def candidate_blocks(scene: Scene, matches: tuple[Match, ...]) -> list[Block]:
    """Each candidate with its confidence, its first evidence line, and what tells it from the others."""
    listed = {match.entry for match in matches}
    tells = {
        alike.entry: alike
        for match in matches
        for alike in scene.entries[match.entry].look_alikes
        if alike.entry in listed
    }
    blocks: list[Block] = []
    for match in matches[:MOST_CANDIDATES]:
        confidence = Own(scene.word(f"confidence.{match.confidence}"))
        blocks.append(scene.say("candidate.line", title=scene.title(match.entry), confidence=confidence))
        blocks += _evidence(match.evidence[:1])
        told = tells.get(match.entry)
        blocks.append(Paragraph(scene.text(told.tell if told else scene.entries[match.entry].sign)))
    return blocks


def run_blocks(scene: Scene, diagnosis: Diagnosis) -> list[Block]:
    """The outcome of the run, the phase that it reached, and the provisioner in which it ended."""
    runs: list[RichText] = []
    if diagnosis.outcome != "unknown":
        runs.append(scene.line("diagnosis.outcome", outcome=Own(scene.word(f"outcome.{diagnosis.outcome}"))))
    if diagnosis.phase:
        runs.append(scene.line("diagnosis.reached", phase=_reached(scene, diagnosis.phase)))
    open_run = next((run for run in reversed(diagnosis.timeline) if run.state != "ended"), None)
    if open_run:
        told = scene.line(f"diagnosis.{open_run.state}-run", provisioner=open_run.provisioner)
        if open_run.seconds is not None:
            told += scene.line("diagnosis.after", duration=Own(seconds_in_words(open_run.seconds)))
        if open_run.exit_code is not None:
            told += scene.line("diagnosis.exit-code", code=open_run.exit_code)
            told += _meaning(scene, diagnosis, open_run.exit_code)
        runs.append((*told, Run(".")))
    if diagnosis.silence:
        duration = Own(seconds_in_words(diagnosis.silence.seconds))
        runs.append(scene.line("diagnosis.silence", duration=duration, line=diagnosis.silence.line))
    joined: list[Block] = []
    if runs:
        spaced = [part for index, text in enumerate(runs) for part in ((Run(" "),) if index else ()) + text]
        joined.append(Paragraph(tuple(spaced)))
    return joined


def values_for(state: State, walk: Walk) -> dict[str, str]:
    """What may stand in the commands of a walk: only values of the text that it belongs to."""
    if state.diagnosis is None or walk.paste != state.paste:
        return {}
    return values_of(state.diagnosis, walk.entry)


def _match(state: State, walk: Walk) -> Match | None:
    return state.match_of(walk.entry) if walk.paste == state.paste else None


def phase_and_confidence(scene: Scene, entry: Entry, match: Match | None) -> RichText:
    """When the failure happens, and how sure it is."""
    confidence = f"confidence.{match.confidence if match else 'picked'}.long"
    return (*_own(scene.word(f"phase.{entry.phase}")), Run(" · "), *_own(scene.word(confidence)))


def retry_of(scene: Scene, entry: Entry) -> Paragraph:
    """Whether running it again helps, and why."""
    reason = scene.text(entry.retry_note) if entry.retry_note else scene.line(f"retry.{entry.retry}.reason")
    return Paragraph((*scene.line(f"retry.{entry.retry}"), Run(" "), *reason))


def _remarks(scene: Scene, entry: Entry, match: Match | None) -> list[Block]:
    blocks: list[Block] = []
    if entry.role == "wrapper":
        blocks.append(scene.say("diagnosis.wrapper"))
    explained = [scene.title(other) for other in (match.explains if match else ()) if other in scene.entries]
    if explained:
        blocks.append(scene.say("diagnosis.explains", titles=Own("; ".join(explained))))
    if entry.basis != "documented":
        blocks.append(scene.say(f"diagnosis.{entry.basis}", "subtle"))
    return blocks


def _tells(scene: Scene, state: State, entry: Entry) -> tuple[LookAlike, ...]:
    """What tells the entry from its look-alikes, its own consequences aside; those that the text speaks for first."""
    match = state.match_of(entry.id)
    gone = {entry.id, *(match.explains if match else ())}
    known = [
        alike
        for alike in entry.look_alikes
        if alike.entry in scene.entries and alike.entry not in gone and _of_system(scene, state, alike.entry)
    ]
    known.sort(key=lambda alike: state.match_of(alike.entry) is None)
    return tuple(known[:MOST_TELLS])


def _of_system(scene: Scene, state: State, entry: str) -> bool:
    """Whether the entry can be met on the operating system of the image, as far as both are known."""
    systems = scene.entries[entry].os
    system = state.diagnosis.os if state.diagnosis else None
    return not systems or system is None or system in systems


def _tell(scene: Scene, alike: LookAlike) -> Paragraph:
    return scene.say("diagnosis.tell-one", title=scene.title(alike.entry), tell=scene.text(alike.tell))


def _with_candidates(scene: Scene, buttons: tuple[Button, ...], entries: list[str], paste: int) -> tuple[Button, ...]:
    """The walk's buttons with candidates after the first two; all but the last one must stay."""
    room = MOST_BUTTONS - (len(buttons) - 1)
    chosen = tuple(_choose(scene, entry, paste) for entry in entries[:room])
    return (*buttons[:2], *chosen, *buttons[2:])


def _choose(scene: Scene, entry: str, paste: int) -> Button:
    return Button(short(scene.title(entry)), "choose", {"entry": entry, "paste": paste})


def _no_walk(scene: Scene) -> tuple[Button, ...]:
    return (
        scene.button("guided-questions", "guided"),
        scene.button("look", "look"),
        scene.button("draft", "draft"),
        scene.button("restart", "restart"),
    )


def _evidence(lines: tuple[LineOf, ...]) -> list[Block]:
    return [proof(lines)] if lines else []


def _reached(scene: Scene, phase: str) -> RichText:
    return _own(scene.word(f"reached.{phase}")) if has(f"reached.{phase}") else literal(phase)


def _own(text: str) -> RichText:
    return (Run(text),)
