"""What is said where others read along: whatever a reply holds, little of the log is in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialogs.model.reply import LogExcerpt, Paragraph, Reply, parse_markup
from dialogs.model.turn import MessageSent
from dialogs.solution.shared_chat import MAX_EXCERPT_LINES, extract_first_sentence, limit_excerpts
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import COMPLETE_LANGUAGES, Language, LocalizedText
from tests.dialogs.fixtures import DIAGNOSES, HARMLESS, IN_USE, SCRIPT, TIMEOUT, Chat, context, match
from tests.shipped_knowledge import ENTRIES

LONG = "The build subnet has no way out to the internet that anybody could use"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (f"{LONG}. And more.", f"{LONG}."),
        (f"{LONG}? And more.", f"{LONG}?"),
        (f"Two things changed. {LONG}. And more.", f"Two things changed. {LONG}."),
        (f"{LONG}, e.g. Azure ones. And more.", f"{LONG}, e.g. Azure ones."),
        (f"{LONG}, p. es. Azure. E altro.", f"{LONG}, p. es. Azure."),
        (f"{LONG}, see `a. B`. And more.", f"{LONG}, see `a. B`."),
        (f"{LONG} of 1.5 GB. And more.", f"{LONG} of 1.5 GB."),
        (LONG, LONG),
    ],
)
def test_the_cause_in_one_sentence(text: str, first: str) -> None:
    assert extract_first_sentence(context(), LocalizedText({"en": text})) == first


@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
def test_every_cause_has_a_sentence_that_is_whole(language: str) -> None:
    for entry in ENTRIES.values():
        said = extract_first_sentence(context(language), entry.cause)
        assert said.count("`") % 2 == 0, entry.id
        assert said[-1] in ".!?:", entry.id


def test_no_reply_shows_more_than_two_lines() -> None:
    word = Paragraph(parse_markup("x"))
    reply = Reply((LogExcerpt(((1, "a"),)), word, LogExcerpt(((2, "b"), (3, "c"))), LogExcerpt(((4, "d"),))))
    shown = [row for block in limit_excerpts(reply).blocks if isinstance(block, LogExcerpt) for row in block.rows]
    assert shown == [(1, "a"), (2, "b")]
    assert len(shown) == MAX_EXCERPT_LINES
    assert word in limit_excerpts(reply).blocks


ROWS = tuple((number, f"said on {number}") for number in range(1, 6))
MANY: dict[str, Diagnosis] = {
    "harmless": replace(DIAGNOSES["HARMLESS"], matches=(match(HARMLESS, "certain", *ROWS),)),
    "several": replace(
        DIAGNOSES["UNSURE"], matches=tuple(match(entry, "possible", *ROWS) for entry in (SCRIPT, TIMEOUT, IN_USE))
    ),
    "certain": replace(DIAGNOSES["LIKELY"], matches=(match(SCRIPT, "certain", *ROWS),)),
    "unmatched": replace(DIAGNOSES["UNMATCHED"], excerpt=match(SCRIPT, "certain", *ROWS).evidence),
}


@pytest.mark.parametrize(("name", "lines"), [("harmless", 2), ("several", 2), ("certain", 2), ("unmatched", 0)])
@pytest.mark.parametrize("scope", ["group", "channel"])
async def test_whatever_was_found_others_read_little_of_it(name: str, lines: int, scope: str) -> None:
    async def found(text: str, language: Language) -> Diagnosis:
        return MANY[name]

    chat = Chat(diagnoser=found)
    assert (await chat.say("x")).count("said on") > MAX_EXCERPT_LINES
    assert (await chat.turn(MessageSent("x"), scope=scope)).count("said on") == lines
