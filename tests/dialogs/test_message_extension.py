"""The diagnosis of a colleague's message, and what's shared of it: what broke, but none of the text."""

from __future__ import annotations

import pytest

from dialogs.message_extension import MessageExtension
from dialogs.replies.plain_text import render_plain_text
from knowledge.model.entry import Language
from tests.dialogs.fixtures import KNOWLEDGE_BASE, OPEN_QUOTE, SCRIPT, diagnose

EXTENSION = MessageExtension(KNOWLEDGE_BASE, diagnose, lambda: "2026-03-01T00:00:00Z")

DIAGNOSED = {
    "A.FINDING": (
        (
            "✖ A quote in tools.ps1 is never closed\n\nA customizer (powershell) · script line 5\n\nCertain: line 11 says so.\n\n"
            "Close the quote in tools.ps1. Running it again won't help until this is fixed.\n\n"
            "▶ line 11  The string is missing the terminator.",
            "paste the message in a chat with me",
            "Only you see this.",
        ),
        ("Script ended", "Cause.", "line 27"),
    ),
    "FAILED.LOG": (
        ("Script ended with a non-zero exit code", "Cause. The script itself is broken", "First of 3 steps: Read"),
        ("▶",),
    ),
    "UNKNOWN.STEP": (
        ("I don't know this error yet", "▶ line 11  contoso-agent: enrollment", "I can do more in our chat"),
        ("Share", "No known error"),
    ),
    "nothing": (("No known error",), ("Share", "This is the error")),
}


@pytest.mark.parametrize("text", DIAGNOSED)
async def test_a_message_is_diagnosed(text: str) -> None:
    seen, unseen = DIAGNOSED[text]
    shown = render_plain_text(await EXTENSION.diagnose_message(text, "en"))
    for part in seen:
        assert part in shown
    for part in unseen:
        assert part not in shown


@pytest.mark.parametrize(
    ("text", "language", "title", "step"),
    [
        (
            "A.FINDING",
            "en",
            "A quote in the script is never closed",
            "First of 4 steps: Close the quote in the script.",
        ),
        ("A.FINDING", "it", "Una virgoletta in uno script non è chiusa", "Primo di 4 passaggi: Chiudi la virgoletta"),
        ("FAILED.LOG", "en", "Script ended with a non-zero exit code", "First of 3 steps: Read the state."),
    ],
)
async def test_what_is_shared_holds_nothing_of_the_text(text: str, language: Language, title: str, step: str) -> None:
    (share,) = (await EXTENSION.diagnose_message(text, language)).buttons
    card = EXTENSION.build_shared_card(str(share.args["entry"]), str(share.args.get("finding", "")), language)
    assert card is not None
    shown = render_plain_text(card)
    assert shown.startswith(f"{title}\n")
    assert step in shown
    for part in ("tools.ps1", "terminator", "line "):
        assert part not in shown


def test_a_finding_that_no_release_knows_shares_its_entry() -> None:
    for finding in ("of-yesterday", OPEN_QUOTE.id):
        assert EXTENSION.build_shared_card("of-yesterday", finding, "en") is None
    card = EXTENSION.build_shared_card(SCRIPT.id, "of-yesterday", "en")
    assert card is not None
    assert render_plain_text(card).startswith("Script ended with a non-zero exit code\n")
