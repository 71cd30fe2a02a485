"""The conversation as a whole: takes a turn and the state, and hands it to the part that answers what is meant."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dialogs import actions as presses
from dialogs import handoff as moving
from dialogs.azure.flow import DOES, GOES_ON, Looking
from dialogs.azure.sandbox_note import marked
from dialogs.azure.watching import WATCH
from dialogs.azure.whole_log import READ_WHOLE_LOG
from dialogs.context import Outcome, Scene
from dialogs.model.job import FAILED, Done, Work
from dialogs.model.ports import Azure, Clock, Diagnoser, Files, Filing
from dialogs.model.reply import Reply
from dialogs.model.turn import ACTION_VERSION, Person, Turn
from dialogs.replies import general_replies as talk
from dialogs.solution import attached_logs as file_reading
from dialogs.solution import howtos as guides
from dialogs.solution import walkthrough as walk
from dialogs.solution.diagnosed import diagnosed
from dialogs.solution.shared_chat import in_public
from dialogs.solution.usage_events import Note, between
from dialogs.state import state as states
from dialogs.state.json_fields import ShapeError, keyed
from dialogs.state.state import Offered, State
from dialogs.support import case_file, draft
from dialogs.support.ticket.flow import DOES as TICKET_DOES
from dialogs.support.ticket.flow import FILE_TICKET, Ticketing
from dialogs.texts import has
from dialogs.typed_commands import Intent, intent_of, offered_by
from knowledge.catalog.fact_rules import load_confirming
from knowledge.catalog.howtos import Guides, load_guides
from knowledge.catalog.questionnaire import guide
from knowledge.catalog.support import SupportRouting
from knowledge.model.entry import LANGUAGES, Entry, Language
from knowledge.search.howto_search import Asking

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """The state to hand back at the next turn, as plain JSON, and what to show now; at least one reply.

    `work` is what the turn leaves to be done after its answer, `notes` what is counted of it.
    """

    state: dict[str, Any]
    replies: tuple[Reply, ...]
    work: tuple[Work, ...] = ()
    notes: tuple[Note, ...] = ()


class Medic:
    """The dialogs. Holds what is known, never what was said: that travels in the state."""

    def __init__(
        self,
        entries: Mapping[str, Entry],
        diagnose: Diagnoser,
        clock: Clock,
        support: SupportRouting,
        guides: Guides | None = None,
        azure: Azure | None = None,
        filing: Filing | None = None,
        files: Files | None = None,
    ) -> None:
        """Without `guides`, those that ship are used: raises `EntriesInvalid` when they have faults.

        Without `azure` nobody's eyes are used: people get the commands to run. Without `filing` they file by hand,
        without `files` none that they attach is opened.
        """
        self._entries = entries
        self._diagnose = diagnose
        self._clock = clock
        self._support = support
        self._guide = guide(entries.values())
        self._guides = guides or load_guides()
        self._asking = Asking(self._guides)
        self._looking = Looking(azure, diagnose, load_confirming())
        self._ticketing = Ticketing(filing)
        self._files = files

    async def answer(self, turn: Turn, state: Mapping[str, Any] | None) -> Answer:
        """The answer to one turn. Never raises: an old or broken state, button or text gets a helpful answer too."""
        before, lost = _read(state)
        scene = self._scene(turn, before)
        try:
            after, replies = await self._outcome(scene, before, turn)
        except Exception as error:  # noqa: BLE001 - the last resort: a person never sees a traceback
            # The error's text could hold what the person pasted, so only its kind and place are logged.
            _log.error("a turn failed: %s at %s", type(error).__name__, _place(error))
            after, replies = before, (talk.trouble(scene, "trouble.failed"),)
        after = replace(after, offered=_offered(replies), look=after.look.answered(before.look))
        if lost and not turn.joined:
            replies = (talk.note(scene, "trouble.lost"), *replies)
        if scene.public:
            replies = tuple(map(in_public, replies))
        work = tuple(work for reply in replies for work in reply.work)
        return Answer(states.to_json(after), marked(scene, after, replies), work, between(turn, before, after))

    async def move(
        self, turn: Turn, state: Mapping[str, Any] | None, thread: Mapping[str, Any], goes_on: str
    ) -> tuple[Answer, dict[str, Any]]:
        """What the person's private chat, whose turn and state these are, goes on with; and the state that is left in
        the `thread` whose state was handed in. `goes_on` is what the thread's reply said.
        """
        here = _read(thread)[0]
        there = moving.taken(_read(state)[0], here, self._clock())
        scene = self._scene(turn, there)
        if goes_on == GOES_ON:
            after, replies = await self._looking.arrived(scene, there, turn.person, here)
        else:
            after, replies = moving.shown(scene, there, goes_on)
        work = tuple(work for reply in replies for work in reply.work)
        kept = states.to_json(replace(after, offered=_offered(replies)))
        answer = Answer(kept, marked(scene, after, replies), work)
        return answer, states.to_json(moving.left(here))

    async def perform(
        self, person: Person, work: Work, language: Language, progress: Callable[[int, int], None]
    ) -> Mapping[str, Any]:
        """Do what a turn of `person` left to be done; returns the result for the turn that reports it. Never raises.

        It may take minutes, be ended at any time and be done again from the start. `progress` takes how much is done
        and how much there is, from any thread.
        """
        if work.do == READ_WHOLE_LOG:
            return await self._looking.perform(person, work, language, progress)
        if work.do == WATCH:
            return await self._looking.watch(person, work, self._clock())
        if work.do == FILE_TICKET:
            return await self._ticketing.perform(person, work)
        if work.do == file_reading.READ_FILE:
            return await file_reading.perform(self._files, work, language, progress)
        _log.error("nobody performs the work %s", work.do)
        return {FAILED: "broken"}

    def file(self, state: Mapping[str, Any] | None, args: Mapping[str, Any]) -> bytes | None:
        """The content of the file that a reply offered with `args`; None when there is no such file any more."""
        language: Language = "it" if args.get("language") == "it" else "en"
        scene = Scene(language, self._entries, self._guide, self._support, self._clock(), self._guides)
        return case_file.taken(scene, _read(state)[0], args)

    def _scene(self, turn: Turn, state: State, language: Language | None = None) -> Scene:
        chosen = language or state.language or _language_of(turn.locale)
        public = turn.scope != "personal"
        looks, tickets, attach = self._looking.mode, self._ticketing.allowed, self._files is not None and not public
        known = (self._entries, self._guide, self._support, self._clock(), self._guides)
        return Scene(chosen, *known, public, looks, tickets, attach)

    async def _outcome(self, scene: Scene, state: State, turn: Turn) -> Outcome:
        if turn.joined:
            return state, (talk.welcome(scene, turn.person.name),)
        if turn.signed_in and (gone_on := await self._ticketing.signed_in(scene, state, turn.person)):
            return gone_on
        if turn.signed_in is not None:
            return await self._looking.signed_in(scene, state, turn.person, turn.signed_in)
        if turn.done is not None:
            return await self._reported(scene, state, turn.person, turn.done)
        if turn.action is not None:
            if turn.action.version != ACTION_VERSION or isinstance(turn.action.version, bool):
                return state, (talk.trouble(scene, "trouble.old-card"),)
            do, args = turn.action.do, turn.action.args
            if turn.action.foreign:
                if own := presses.foreign(scene, state, do, args):
                    return own
                args = {**args, "paste": presses.NO_PASTE} if "paste" in args else args
            return await self._press(scene, state, turn, do, args, turn.action.fields)
        if turn.files:
            state, replies = await self._said(scene, state, turn) if turn.text.strip() else (state, ())
            state, reading = file_reading.begin(scene, state, turn.files, self._files is not None)
            return state, (*replies, *reading)
        return await self._said(scene, state, turn)

    async def _said(self, scene: Scene, state: State, turn: Turn) -> Outcome:
        if not turn.text.strip():
            return state, (
                walk.where_we_are(scene, state, (scene.say("talk.empty"),)) or talk.sentence(scene, "talk.empty"),
            )
        if offered := offered_by(turn.text, state.offered):
            return await self._press(scene, state, turn, offered.do, offered.args, {})
        if looked := await self._looking.heard(scene, state, turn.person, turn.text):
            return looked
        if intent := intent_of(turn.text):
            return await self._command(scene, state, turn, intent)
        if asked := self._asking.asked(turn.text):
            return guides.show(scene, state, asked)
        return await self._text(scene, state, turn.text, beside_file=bool(turn.files))

    async def _reported(self, scene: Scene, state: State, person: Person, done: Done) -> Outcome:
        if done.work.do == WATCH and FAILED not in done.result:
            return await self._looking.watched(scene, state, person, done)
        if done.work.do == READ_WHOLE_LOG and FAILED not in done.result:
            return await self._looking.report(scene, state, done)
        if done.work.do == FILE_TICKET:
            return self._ticketing.report(scene, state, done)
        if done.work.do == file_reading.READ_FILE and FAILED not in done.result:
            return file_reading.report(scene, state, done)
        failure = f"work.{done.result.get(FAILED)}"
        return state, (talk.trouble(scene, failure if has(failure) else "work.broken"),)

    async def _press(self, scene: Scene, state: State, turn: Turn, do: str, args: object, fields: object) -> Outcome:
        if do == "example":
            after, replies = await self._text(scene, state, talk.EXAMPLE)
            return after, replies if scene.public else (talk.example(scene), *replies)
        if do == "forget-yes":
            await self._looking.let_go(turn.person)
        try:
            if do in DOES:
                return await self._looking.press(scene, state, turn.person, do, keyed(args))
            if do in TICKET_DOES:
                texts = presses.texts_of(fields)
                return await self._ticketing.press(scene, state, turn.person, turn.locale, do, keyed(args), texts)
        except ShapeError:
            return state, (talk.trouble(scene, "trouble.unknown-button"),)
        return presses.press(scene, state, do, args, fields)

    async def _command(self, scene: Scene, state: State, turn: Turn, intent: Intent) -> Outcome:
        if intent in ("english", "italian"):
            language: Language = "it" if intent == "italian" else "en"
            scene = self._scene(turn, state, language)
            # a script's advice was written in the language of its time
            held = replace(state.diagnosis, script=None) if state.diagnosis else None
            form = draft.turned(self._scene(turn, state), state, language)
            state = replace(state, language=language, form=form, diagnosis=held)
            said = scene.say("talk.language")
            return state, (walk.where_we_are(scene, state, (said,)) or talk.sentence(scene, "talk.language"),)
        if intent == "example":
            return await self._press(scene, state, turn, "example", {}, {})
        return presses.command(scene, state, intent)

    async def _text(self, scene: Scene, state: State, text: str, beside_file: bool = False) -> Outcome:
        diagnosis = await self._diagnose(text, scene.language)
        if beside_file and file_reading.only_introduces(diagnosis):
            return state, ()
        return diagnosed(scene, state, diagnosis, guide=self._asking.offered(text))


def _read(state: Mapping[str, Any] | None) -> tuple[State, bool]:
    """The state, and whether there was one that cannot be read."""
    if state is None:
        return State(), False
    try:
        return states.from_json(state), False
    except ShapeError:
        language = state.get("language")
        return State(language=language if language in LANGUAGES else None), True


def _offered(replies: tuple[Reply, ...]) -> tuple[Offered, ...]:
    buttons = [button for reply in replies for button in reply.buttons]
    return tuple(Offered(button.label, button.do, dict(button.args)) for button in buttons[: states.MOST_OFFERED])


def _language_of(locale: str | None) -> Language:
    return "it" if locale and locale.casefold().replace("_", "-").split("-")[0] == "it" else "en"


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}" if trace else "?"
