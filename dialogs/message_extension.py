"""Answers beside any conversation: the knowledge searched from a message box, a colleague's message diagnosed.

Nothing of them is remembered, and no walk begins: they stand in a message box or in a dialog of one person's client.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dialogs.context import Scene, proof
from dialogs.model.ports import Clock, Diagnoser
from dialogs.model.reply import Block, Button, Paragraph, Reply, Run, prose
from dialogs.solution.diagnosis_view import phase_and_confidence, retry_of
from dialogs.solution.shared_chat import first_sentence
from dialogs.texts import Own
from knowledge.catalog.howtos import Guides, load_guides
from knowledge.catalog.questionnaire import guide
from knowledge.catalog.support import SupportRouting
from knowledge.model.diagnosis import Match
from knowledge.model.entry import Entry, Language

MOST_FOUND = 8
MOST_QUERY = 4_000
MOST_PROOF = 6
MOST_REFERENCES = 3


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry that a search came to: its title, one line about it, and the card that can be posted."""

    title: str
    line: str
    reply: Reply


class Asides:
    """Searches and diagnoses without a conversation."""

    def __init__(
        self,
        entries: Mapping[str, Entry],
        diagnose: Diagnoser,
        clock: Clock,
        support: SupportRouting,
        guides: Guides | None = None,
    ) -> None:
        """Without `guides`, those that ship are used: raises `EntriesInvalid` when they have faults."""
        self._entries = entries
        self._diagnose = diagnose
        self._clock = clock
        self._support = support
        self._guide = guide(entries.values())
        self._guides = guides or load_guides()

    async def search(self, query: str, language: Language) -> tuple[FoundEntry, ...]:
        """The entries that an error text, words or part of a title lead to, best first; none for an empty query."""
        query = query[:MOST_QUERY].strip()
        if not query:
            return ()
        diagnosis = await self._diagnose(query, language)
        ids = [match.entry for match in diagnosis.matches if match.entry in self._entries]
        words = query.casefold().split()
        for entry in self._entries.values():
            title = f"{entry.id} {entry.title.en} {entry.title.it}".casefold()
            if all(word in title for word in words):
                ids.append(entry.id)
        scene = self._scene(language)
        return tuple(self._found(scene, self._entries[name]) for name in list(dict.fromkeys(ids))[:MOST_FOUND])

    async def diagnosed(self, text: str, language: Language) -> Reply:
        """What a message says of a failure, for the one who asks; with a button to share it where something is known.

        The button's `entry` is what `shared` wants.
        """
        scene = self._scene(language)
        diagnosis = await self._diagnose(text, language)
        match = next((m for m in diagnosis.matches if m.entry in self._entries), None)
        if match is None:
            return scene.reply(
                scene.heading("aside.none"), scene.say("aside.none-why"), summary=scene.word("aside.none")
            )
        entry = self._entries[match.entry]
        blocks = [
            *self._heading(scene, entry, match),
            proof(match.evidence[:MOST_PROOF]),
            *_body(scene, entry),
            scene.say("aside.only-you", "subtle"),
        ]
        buttons = (scene.button("share", "share", primary=True, entry=entry.id),)
        return scene.reply(*blocks, buttons=buttons, summary=scene.title(entry.id))

    def shared(self, entry: str, language: Language) -> Reply | None:
        """The card for others: what is known of the failure, nothing of the text. None for an unknown entry."""
        known = self._entries.get(entry)
        return self._card(self._scene(language), known) if known else None

    def _scene(self, language: Language) -> Scene:
        return Scene(language, self._entries, self._guide, self._support, self._clock(), self._guides)

    def _found(self, scene: Scene, entry: Entry) -> FoundEntry:
        return FoundEntry(scene.title(entry.id), entry.sign.in_(scene.language), self._card(scene, entry))

    def _card(self, scene: Scene, entry: Entry) -> Reply:
        title = scene.title(entry.id)
        phase = Paragraph((Run(scene.word(f"phase.{entry.phase}")),), tone="subtle")
        pages = tuple(
            Button(scene.word("aside.page", title=page.title), "", url=page.url)
            for page in entry.references[:MOST_REFERENCES]
        )
        heading = Paragraph((Run(title),), size="title")
        return scene.reply(heading, phase, *_body(scene, entry), buttons=pages, summary=title)

    def _heading(self, scene: Scene, entry: Entry, match: Match) -> list[Block]:
        title = scene.title(entry.id)
        possible = match.confidence == "possible"
        return [
            scene.heading("diagnosis.possible", title=title) if possible else Paragraph((Run(title),), size="title"),
            Paragraph(phase_and_confidence(scene, entry, match)),
        ]


def _body(scene: Scene, entry: Entry) -> list[Block]:
    """Whether a retry helps, the cause, and how the solution begins."""
    blocks: list[Block] = [
        retry_of(scene, entry),
        scene.say("diagnosis.cause", cause=prose(first_sentence(entry.cause.in_(scene.language)))),
    ]
    if entry.steps:
        blocks.append(scene.say("aside.first-step", count=len(entry.steps), do=scene.text(entry.steps[0].do)))
        if len(entry.steps) > 1:
            blocks.append(scene.say("aside.more", "subtle", title=Own(scene.title(entry.id))))
    return blocks
