"""`python -m tests.redaction_score FILE.jsonl [--lines FILE.txt] [--show] [--seeds N]`: which outlets show which secrets.

Each line of the JSON Lines file is a place: `place` is a text in which `S` stands for the secret, which is made from
`shape` (`A`, `a` and `9` stand for a capital, a letter and a digit) and `length`. `prefix` is how the secret begins, and
`alphabet` can be `hex`. With `--lines`, the tool also counts the useful lines of a text file that redaction changes.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import string
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.cli.diagnosis_report import DiagnosisReport
from bot.cli.draft import render_draft
from bot.terminal.session import TerminalSession
from dialogs.message_extension import MessageExtension
from dialogs.model.turn import ActionPressed, MessageSent, Person, Turn
from dialogs.replies.plain_text import render_plain_text
from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.model.diagnosis import Diagnosis
from knowledge.redaction.redact import redact
from tests.bot.scripted import build_conversation
from tests.shipped_knowledge import DIAGNOSER, ENTRIES, KNOWLEDGE_BASE
from tests.test_outlets import shown_by

OUTLETS = (
    "redact",
    "diagnose text",
    "diagnose json",
    "draft text",
    "draft markdown",
    "draft json",
    "cards",
    "state",
    "message action",
    "terminal",
)
_PERSON = Person("tenant", "person", "Chiara")
_RUN = "[5f0c19d2-70a4-4e11-9b1c-fd1d3b0a6a77] PACKER"
_SECRET_MARK = re.compile(
    r"(?<![A-Za-z0-9-])S(?![A-Za-z0-9])|(?<=-[pw])S(?![A-Za-z0-9])|(?<=/bot)S(?=/)|(?<=\\n)S|(?<=%3D)S|(?<=%253D)S"
)
_ALPHABETS = {
    "": {"A": string.ascii_uppercase, "a": string.ascii_lowercase, "9": string.digits},
    "hex": {"A": "ABCDEF", "a": "abcdef", "9": string.digits},
}
_MIN_PIECE, _MAX_PIECE = 8, 24


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """A text with a made-up secret in it."""

    kind: str
    place: str
    secret: str

    @property
    def text(self) -> str:
        """The text with the secret."""
        return _SECRET_MARK.sub(lambda match: self.secret, self.place)

    def is_shown_in(self, shown: str) -> bool:
        """Return whether `shown` has the secret, or a run of at least half of it."""
        size = min(_MAX_PIECE, max(_MIN_PIECE, (len(self.secret) + 1) // 2), len(self.secret))
        pieces = {self.secret[at : at + size] for at in range(len(self.secret) - size + 1)}
        known = self.place.replace("S", " ")
        return any(piece in shown for piece in pieces if piece not in known)


def read_places(path: Path, seed: int = 0) -> Iterator[SecretPlace]:
    """Yield the places of a JSON Lines file, with secrets made from `seed`."""
    for number, line in enumerate(path.read_text("utf-8").splitlines()):
        if line.strip():
            item = json.loads(line)
            yield SecretPlace(item["kind"], item["place"], make_secret(item, random.Random(f"{number} {seed}")))


def make_secret(item: Mapping[str, Any], rng: random.Random) -> str:
    """Return a secret of the item's shape and length."""
    alphabet, shape = _ALPHABETS[item.get("alphabet", "")], item["shape"]
    while len(shape) < item["length"]:
        shape += shape[-24:]
    made = "".join(rng.choice(alphabet[c]) if c in alphabet else c for c in shape[: item["length"]])
    prefix = item.get("prefix", "")
    return str(prefix + made[len(prefix) :])


def write_log(text: str) -> str:
    """Return a build's log in which a script prints `text` and fails."""
    output = "".join(f"{_RUN} OUT     azure-arm: {line}\n" for line in text.split("\n"))
    end = "Script exited with non-zero exit status: 1. Allowed exit codes are: [0]"
    return f"{output}{_RUN} ERR Build 'azure-arm' errored after 3 minutes: {end}\n"


async def collect_shown(text: str) -> dict[str, str]:
    """Return what each outlet shows of `text`."""
    log, error = write_log(text), f"Error: {text}"
    diagnosis = DIAGNOSER.diagnose(log)
    shown = {"redact": redact(log), **_render_diagnosis(diagnosis)}
    conversation = build_conversation()
    cards: list[str] = []
    states: list[str] = []
    terminal: list[str] = []
    for said in (log, error):
        state: Mapping[str, Any] | None = None
        for event in (MessageSent(said), MessageSent("draft a support case")):
            given = await conversation.answer_turn(Turn(_PERSON, "chat", event=event), state)
            state = json.loads(json.dumps(given.state))
            cards += shown_by(given.replies)
            states.append(json.dumps(state, ensure_ascii=False))
        press = ActionPressed("post", {}, {"product": "linux", "description": text, "changed": text}, 1)
        given = await conversation.answer_turn(Turn(_PERSON, "chat", event=press), state)
        cards += shown_by(given.replies)
        states.append(json.dumps(given.state, ensure_ascii=False))
        session = TerminalSession(conversation)
        replies = await session.answer_turn(Turn(_PERSON, "chat", event=MessageSent(said)))
        terminal += [render_plain_text(reply) for reply in replies]
    extension = MessageExtension(KNOWLEDGE_BASE, _diagnose, lambda: "2026-03-01T00:00:00Z")
    aside = await extension.diagnose_message(error, "en")
    shown |= {"cards": "\n".join(cards), "state": "\n".join(states), "terminal": "\n".join(terminal)}
    return shown | {"message action": "\n".join(shown_by((aside,)))}


async def _diagnose(text: str, language: str) -> Diagnosis:
    return DIAGNOSER.diagnose(text, language)


def _render_diagnosis(diagnosis: Diagnosis, diagnoser: Diagnoser = DIAGNOSER) -> dict[str, str]:
    return {
        "diagnose text": DiagnosisReport(ENTRIES, "en", diagnoser.findings).render(diagnosis),
        "diagnose json": json.dumps(diagnosis.to_json(), ensure_ascii=False),
        "draft text": render_draft(diagnosis, diagnoser, "text", "en"),
        "draft markdown": render_draft(diagnosis, diagnoser, "markdown", "en"),
        "draft json": render_draft(diagnosis, diagnoser, "json", "en"),
    }


async def find_shown(places: Sequence[SecretPlace]) -> list[tuple[SecretPlace, list[str]]]:
    """Return each place with the outlets that show its secret, in which JSON escapes count as undone."""
    found = []
    for place in places:
        shown = await collect_shown(place.text)
        found.append((place, [outlet for outlet in OUTLETS if place.is_shown_in(shown[outlet])]))
    return found


def find_changed_lines(lines: Sequence[str]) -> list[tuple[str, str]]:
    """Return the lines that redaction changes, with what it makes of them."""
    return [(line, redacted) for line in lines if (redacted := redact(line)) != line]


def main(arguments: Sequence[str]) -> int:
    """Print how many places each outlet shows."""
    parser = ArgumentParser(prog="python -m tests.redaction_score", description=__doc__.partition("\n")[0])
    parser.add_argument("places", type=Path)
    parser.add_argument("--lines", type=Path, help="a file of useful lines, which should stay")
    parser.add_argument("--show", action="store_true", help="print the places that are shown, and the lines changed")
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args(arguments)
    places = [place for seed in range(options.seeds) for place in read_places(options.places, seed)]
    found = asyncio.run(find_shown(places))
    counts = Counter(outlet for _, outlets in found for outlet in outlets)
    write = sys.stdout.write
    for outlet in OUTLETS:
        write(f"{outlet:<16}{counts[outlet]:>6} of {len(places)} shown ({counts[outlet] / len(places):.1%})\n")
    write(f"{'in any outlet':<16}{sum(bool(outlets) for _, outlets in found):>6}\n")
    if options.show:
        for place, outlets in found:
            if outlets:
                write(f"  {place.kind}: {place.text!r}: {', '.join(outlets)}\n")
    if options.lines:
        lines = [line for line in options.lines.read_text("utf-8").splitlines() if line]
        changed = find_changed_lines(lines)
        write(f"{'useful lines':<16}{len(changed):>6} of {len(lines)} changed ({len(changed) / len(lines):.1%})\n")
        if options.show:
            for line, redacted in changed:
                write(f"  {line!r}\n  {redacted!r}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
