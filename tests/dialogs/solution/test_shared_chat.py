"""Replies in a group: whatever they contain, little of the log is in them."""

from __future__ import annotations

import pytest

from dialogs.model.reply import LogExcerpt, Paragraph, Reply, parse_markup
from dialogs.model.turn import MessageSent
from dialogs.solution.shared_chat import MAX_EXCERPT_LINES, limit_excerpts
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from tests.dialogs.fixtures import DIAGNOSES, HARMLESS, IN_USE, SCRIPT, TIMEOUT, Chat, match


def test_no_reply_shows_more_than_two_lines() -> None:
    word = Paragraph(parse_markup("x"))
    reply = Reply((LogExcerpt(((1, "a"),)), word, LogExcerpt(((2, "b"), (3, "c"))), LogExcerpt(((4, "d"),))))
    shown = [row for block in limit_excerpts(reply).blocks if isinstance(block, LogExcerpt) for row in block.rows]
    assert shown == [(1, "a"), (2, "b")]
    assert len(shown) == MAX_EXCERPT_LINES
    assert word in limit_excerpts(reply).blocks


def test_the_line_that_decides_is_always_among_them() -> None:
    reply = Reply((LogExcerpt(((1, "a"), (2, "b"), (3, "c"), (4, "d")), deciding=3),))
    assert limit_excerpts(reply).blocks == (LogExcerpt(((1, "a"), (3, "c")), deciding=3),)


ROWS = tuple((number, f"said on {number}") for number in range(1, 6))
MANY: dict[str, Diagnosis] = {
    "harmless": DIAGNOSES["HARMLESS"]._replace(matches=(match(HARMLESS, "certain", *ROWS),)),
    "several": DIAGNOSES["UNSURE"]._replace(
        matches=tuple(match(entry, "possible", *ROWS) for entry in (SCRIPT, TIMEOUT, IN_USE))
    ),
    "certain": DIAGNOSES["LIKELY"]._replace(matches=(match(SCRIPT, "certain", *ROWS),)),
    "unmatched": DIAGNOSES["UNMATCHED"]._replace(excerpt=match(SCRIPT, "certain", *ROWS).evidence),
}


@pytest.mark.parametrize(("name", "lines"), [("harmless", 2), ("several", 2), ("certain", 2), ("unmatched", 0)])
@pytest.mark.parametrize("scope", ["group", "channel"])
async def test_whatever_was_found_others_read_little_of_it(name: str, lines: int, scope: str) -> None:
    async def found(text: str, language: Language) -> Diagnosis:
        return MANY[name]

    chat = Chat(diagnoser=found)
    assert (await chat.say("x")).count("said on") > MAX_EXCERPT_LINES
    assert (await chat.turn(MessageSent("x"), scope=scope)).count("said on") == lines
