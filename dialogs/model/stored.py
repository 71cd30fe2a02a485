"""How a field is stored, if its type doesn't say it: `Annotated[str, Stored("draft", max_chars=60)]`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Stored:
    """The key of a field, and the limits for reading it; code that sets the field must stay within them.

    Attributes:
        key: Its key; "" for the field's name. Stored keys never change.
        max_chars: Characters to keep of each text in it; None to read texts as they are.
        max_items: Items to keep of a collection.
        min_value: The lowest number.
        max_value: The highest number.
        choices: The only texts allowed, if not any.
        decode: What decodes it, if its type isn't enough.
        omits_default: It's only written when it has another value than its default.
    """

    key: str = ""
    max_chars: int | None = 400
    max_items: int = 100
    min_value: int = 0
    max_value: int = 10**9
    choices: Sequence[str] = ()
    decode: Callable[[Any], Any] | None = None
    omits_default: bool = False


ANY_NUMBER = Stored(min_value=-(2**63), max_value=2**63)
