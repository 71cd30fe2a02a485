"""The looks of a conversation: from what was asked, over leave, choice and sign-in, to what Azure shows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dialogs.azure import choose_template as choosing
from dialogs.azure import failing_templates as finding
from dialogs.azure import manual_commands as by_hand
from dialogs.azure import watching, whole_log
from dialogs.azure.refusals import refusal_blocks, refusal_buttons
from dialogs.azure.status_reply import deadline, see, shown
from dialogs.azure.typed_requests import Heard, Naming, answer_of, heard, named
from dialogs.context import Outcome, Scene
from dialogs.model.azure import LookMode, Refusal, Wanted
from dialogs.model.errors import LookRefused
from dialogs.model.job import Done, Work
from dialogs.model.ports import Azure, Diagnoser
from dialogs.model.turn import Person
from dialogs.replies.general_replies import ways_on
from dialogs.solution.howtos import back_to_step
from dialogs.state import azure as memory
from dialogs.state.azure import Asked, Looks
from dialogs.state.json_fields import whole
from dialogs.state.state import State
from dialogs.typed_commands import intent_of
from knowledge.catalog.fact_rules import Confirming
from knowledge.model.entry import Language

DOES = frozenset(
    {
        "look",
        "look-other",
        "look-yes",
        "look-no",
        "look-retry",
        "failing",
        "log",
        "whole-log",
        "sign-out",
        "watch",
        "unwatch",
    }
)
"""What the buttons of a look do."""
_ANSWERS = frozenset({"look-yes", "look-no", "look-retry"})
GOES_ON = "look"
"""What a thread's reply says when the private chat is to go on with a look."""
MOST_LISTED = 10_000


@dataclass(frozen=True)
class Looking:
    """The dialogs' part that asks Azure. Without a port, or with one that is off, it says what to run instead."""

    azure: Azure | None
    diagnose: Diagnoser
    confirming: Confirming

    @property
    def mode(self) -> LookMode:
        """Whose eyes are used."""
        return self.azure.mode if self.azure else "off"

    async def press(self, scene: Scene, state: State, person: Person, do: str, args: Mapping[str, object]) -> Outcome:
        """The answer to one of the buttons in `DOES`. Raises `ShapeError` for arguments of another shape.

        It takes the place of a question of ours, never that of the walk from which a look was asked for.
        """
        state, (first, *rest) = await self._pressed(scene, state, person, do, args)
        asked_here = do in _ANSWERS or (do == "look" and bool(args))
        return state, (replace(first, taking=first.taking or asked_here), *rest)

    async def _pressed(
        self, scene: Scene, state: State, person: Person, do: str, args: Mapping[str, object]
    ) -> Outcome:
        wanted = memory.of_args(args)
        if do == "look-other":
            return self._which(scene, state)
        if do == "look-no":
            return self._declined(scene, state)
        if do == "look-yes":
            return await self._allowed(scene, state, person)
        if do == "sign-out":
            return await self._sign_out(scene, state, person)
        if do == "look-retry":
            return await self.ask(scene, state, person, state.look.asked or Asked())
        if do == "failing":
            first = whole(args.get("first", 0), most=MOST_LISTED)
            return await self.ask(scene, state, person, Asked("failing"), first)
        if do == "whole-log":
            size = whole(args.get("size", 0))
            return await self.ask(scene, state, person, Asked("whole-log", wanted), size)
        if do == "unwatch":
            return watching.stop(scene, state, Asked("watch", wanted))
        if do == "watch":
            return await self.ask(scene, state, person, Asked("watch", wanted))
        return await self.ask(scene, state, person, Asked("template", wanted))

    async def heard(self, scene: Scene, state: State, person: Person, text: str) -> Outcome | None:
        """The answer to a typed message that asks for a look; `None` for any other."""
        if state.look.waits == "consent" and (yes := answer_of(text)) is not None:
            return await self.press(scene, state, person, "look-yes" if yes else "look-no", {})
        asked = heard(text)
        if asked is None and state.look.waits == "name" and intent_of(text) is None:
            asked = named(text)
        if isinstance(asked, Naming):
            if asked.do == "unwatch":
                return watching.stop(scene, state, Asked("watch", asked.wanted))
            what: memory.What = "watch" if asked.do == "watch" else "template"
            return await self.ask(scene, state, person, Asked(what, asked.wanted))
        if asked is not None:
            do: Heard = "look" if asked == "log" else asked
            return await self.press(scene, state, person, do, {})
        return None

    async def signed_in(self, scene: Scene, state: State, person: Person, done: bool) -> Outcome:
        """The look that waited for a sign-in goes on; or a word that the sign-in did not come about."""
        waiting = state.look
        if done and waiting.waits == "sign-in" and waiting.asked:
            return await self._run(scene, state, person, waiting.asked)
        if done:
            said = scene.reply(scene.say("look.signed-in"), buttons=(scene.button("look", "look", primary=True),))
            return state, (replace(said, beside=True, passing=True),)
        buttons = (scene.button("look-retry", "look-retry", primary=True), *ways_on(scene))
        said = scene.reply(scene.say("look.not-signed-in-now", "warning"), buttons=buttons, beside=True)
        return state, (said,)

    async def arrived(self, scene: Scene, state: State, person: Person, thread: State) -> Outcome:
        """The private chat goes on with the look that was asked for in a thread."""
        asked = thread.look.asked or Asked()
        after, (first, *rest) = await self.ask(scene, state, person, asked)
        first = replace(first, blocks=(scene.say("look.from-thread", "subtle"), *first.blocks))
        return after, (first, *rest)

    async def perform(
        self, person: Person, work: Work, language: Language, progress: Callable[[int, int], None]
    ) -> Mapping[str, Any]:
        """What the work of an earlier turn comes to, as plain JSON. Never raises."""
        return await whole_log.perform(self.azure, person, work, language, progress)

    async def report(self, scene: Scene, state: State, done: Done) -> Outcome:
        """The turn that tells what came of a work."""
        return await whole_log.report(scene, state, done, self.diagnose, self.confirming)

    async def watch(self, person: Person, work: Work, now: str) -> Mapping[str, Any]:
        """One look of a watch, as plain JSON. Never raises."""
        return await watching.perform(self.azure, person, work, now)

    async def watched(self, scene: Scene, state: State, person: Person, done: Done) -> Outcome:
        """The turn that tells that a watched run has ended, and what a look shows then; or why it is told no more."""
        state, asked, over = watching.ended(scene, state, done)
        if not over:
            return watching.not_ended(scene, state, asked, done)
        state, (first, *rest) = await self._run(scene, state, person, asked)
        heading = scene.say("watch.ended", name=asked.wanted.name, state=str(done.result["state"])[:40])
        return state, (replace(first, blocks=(heading, *first.blocks), beside=True), *rest)

    async def ask(self, scene: Scene, state: State, person: Person, asked: Asked, detail: int = 0) -> Outcome:
        """A look, unless nobody's eyes are allowed, others read along, or the person was not asked yet."""
        asked = _resolved(state, asked)
        if self.azure is None or self.mode == "off":
            return self._by_hand(scene, state, asked)
        if scene.public:
            state = replace(state, look=replace(state.look, asked=asked, waits=""))
            said = scene.reply(scene.say("look.in-private"), buttons=(scene.button("help", "help"),), beside=True)
            return state, (replace(said, goes_on=GOES_ON),)
        if not state.look.consent or state.look.whose != self.mode:
            return replace(state, look=state.look.waiting(asked, "consent")), (choosing.consent(scene),)
        return await self._run(scene, state, person, asked, detail)

    async def _run(self, scene: Scene, state: State, person: Person, asked: Asked, detail: int = 0) -> Outcome:
        azure = self.azure
        if azure is None:
            return self._by_hand(scene, state, asked)
        state = replace(state, look=replace(state.look, asked=asked, waits=""))
        until = deadline()
        try:
            if asked.what == "failing":
                async with asyncio.timeout_at(until):
                    found_failing = await azure.failing(person)
                listed = await finding.failing(scene, found_failing, self.diagnose, detail)
                return replace(state, look=state.look.settled()), (listed,)
            ref = asked.ref
            if ref is None:
                if asked.wanted == Wanted():
                    return self._which(scene, state)
                async with asyncio.timeout_at(until):
                    found = await azure.find(person, asked.wanted)
                if len(found.exact) != 1:
                    pick = choosing.several(scene, found) if found.exact else choosing.none(scene, asked, found)
                    return replace(state, look=state.look.waiting(asked, "name")), (pick,)
                ref = found.exact[0]
            if asked.what == "whole-log":
                return whole_log.begin(scene, state, ref, detail)
            if asked.what == "watch":
                async with asyncio.timeout_at(until):
                    return watching.begin(scene, state, await azure.status(person, ref))
            seen = await see(azure, person, ref, until)
        except LookRefused as refused:
            return self._refused(scene, state, asked, refused.refusal)
        except TimeoutError:
            return self._refused(scene, state, asked, Refusal("too-slow", what=asked.wanted.name))
        of_text = state.diagnosis is not None and asked.wanted == memory.wanted_of(state.diagnosis.facts)
        return await shown(scene, state, seen, self.diagnose, self.confirming, of_text)

    def _refused(self, scene: Scene, state: State, asked: Asked, refusal: Refusal) -> Outcome:
        waits: memory.Waits = "sign-in" if refusal.reason == "sign-in" else ""
        state = replace(state, look=state.look.waiting(asked, waits))
        blocks = refusal_blocks(scene, refusal, asked, _values(state, asked))
        reply = scene.reply(*blocks, buttons=refusal_buttons(scene, refusal), beside=True)
        return state, (replace(reply, sign_in=refusal.reason == "sign-in", passing=True),)

    def _by_hand(self, scene: Scene, state: State, asked: Asked) -> Outcome:
        values = _values(state, asked)
        if asked.what == "failing":
            own = by_hand.failing_by_hand(scene)
        else:
            own = [*by_hand.status_by_hand(scene, values), *by_hand.log_by_hand(scene, values)]
        blocks = [scene.heading("look.by-hand.title"), scene.say("look.by-hand.why"), *by_hand.paste_back(scene, own)]
        buttons = (
            *back_to_step(scene, state),
            scene.button("guided-questions", "guided"),
            scene.button("draft", "draft"),
        )
        return state, (scene.reply(*blocks, buttons=buttons, beside=True),)

    def _which(self, scene: Scene, state: State) -> Outcome:
        if self.azure is None or self.mode == "off":
            return self._by_hand(scene, state, Asked())
        return replace(state, look=state.look.waiting(Asked(), "name")), (choosing.which(scene),)

    def _declined(self, scene: Scene, state: State) -> Outcome:
        state = replace(state, look=replace(state.look.settled(), consent=False))
        return state, (choosing.declined(scene, (*back_to_step(scene, state), *ways_on(scene))),)

    async def _allowed(self, scene: Scene, state: State, person: Person) -> Outcome:
        asked = state.look.asked or Asked()
        return await self.ask(
            scene, replace(state, look=replace(state.look, consent=True, whose=self.mode)), person, asked
        )

    async def let_go(self, person: Person) -> None:
        """Sign the person out, if they are in and that can be done now; the sign-in ends by itself otherwise."""
        if self.azure and self.mode != "off":
            with contextlib.suppress(LookRefused):
                await self.azure.sign_out(person)

    async def _sign_out(self, scene: Scene, state: State, person: Person) -> Outcome:
        was_in = await self.azure.sign_out(person) if self.azure and self.mode != "off" else False
        return replace(state, look=Looks()), (choosing.signed_out(scene, was_in),)


def _resolved(state: State, asked: Asked) -> Asked:
    """The look with what is known of its template: from the text under way, else the template looked at last."""
    last = state.look.ref
    if asked.what == "failing" or asked.ref:
        return asked
    if asked.wanted != Wanted():
        known = last is not None and last.name.casefold() == asked.wanted.name.casefold()
        return (
            replace(asked, wanted=memory.of_ref(last)) if last and known and not asked.wanted.resource_group else asked
        )
    if last is not None and asked.what in ("whole-log", "watch"):
        return replace(asked, wanted=memory.of_ref(last))
    facts = memory.wanted_of(state.diagnosis.facts if state.diagnosis else {})
    if facts.name or facts.staging_group or facts.account:
        return replace(asked, wanted=facts)
    return replace(asked, wanted=memory.of_ref(last)) if last else asked


def _values(state: State, asked: Asked) -> dict[str, str]:
    """What may stand in the commands to run oneself: what was asked for, else what the text under way says."""
    wanted = asked.wanted
    named = {
        "template": wanted.name,
        "resource_group": wanted.resource_group,
        "subscription": wanted.subscription,
        "staging_resource_group": wanted.staging_group,
        "account": wanted.account,
    }
    given = {key: value for key, value in named.items() if value}
    known = by_hand.known_values(state)
    same = not given or known.get("template", "").casefold() == wanted.name.casefold()
    return {**(known if same else {}), **given}
