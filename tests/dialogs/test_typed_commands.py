"""Short messages that are commands, and messages that only contain one."""

from __future__ import annotations

import pytest

from dialogs.state.conversation_state import OfferedButton
from dialogs.typed_commands import find_next_page, find_typed_button, parse_command
from tests.shipped_texts import PHRASES


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("help", "help"),
        ("  HELP!! ", "help"),
        ("Aiuto?", "help"),
        ("annulla", "cancel"),
        ("start over", "restart"),
        ("in English, please", None),
        ("in english please", "english"),
        ("Italiano", "italian"),
        ("avanti", "done"),
        ("it didn’t help", "failed-again"),
        ("Non funziona.", "failed-again"),
        ("it worked!", "worked"),
        ("funziona", "worked"),
        ("risolto", "worked"),
        ("altri", "others"),
        ("draft a case", "draft"),
        ("Apri un caso", "draft"),
        ("guidami", "guided"),
        ("grazie", "thanks"),
        ("Buongiorno!", "hello"),
        ("help me with exit code 1", None),
        ("next\nnext", None),
        ("", None),
        ("...", None),
        ("hello " * 40, None),
        ("the fix worked on monday and failed today", None),
    ],
)
def test_only_the_whole_message_is_a_command(text: str, intent: str | None) -> None:
    assert parse_command(text, PHRASES) == intent


BUTTONS = (OfferedButton("It worked", "worked"), OfferedButton("Other causes (1)", "others"))


@pytest.mark.parametrize(
    ("text", "do"),
    [
        ("1", "worked"),
        ("2.", "others"),
        ("[2]", "others"),
        ("it worked", "worked"),
        ("Other causes (1)", "others"),
        ("0", None),
        ("3", None),
        ("²", None),
        ("٢", None),
        ("1\n2", None),
        ("1 2", None),
        ("", None),
        ("999999999999", None),
    ],
)
def test_a_button_is_typed_by_its_number_or_label(text: str, do: str | None) -> None:
    found = find_typed_button(text, BUTTONS)
    assert (found.action_id if found else None) == do


def test_the_rest_of_a_list_is_its_next_page() -> None:
    onward, back = OfferedButton("Next 10", "failing", {"first": 10}), OfferedButton("Back", "failing", {"first": 0})
    for text in ("more", "Next page.", "Mostra altri"):
        assert find_next_page(text, PHRASES, (OfferedButton("Help", "help"), onward)) is onward
        assert find_next_page(text, PHRASES, (back,)) is None
    assert find_next_page("more errors", PHRASES, (onward,)) is None
