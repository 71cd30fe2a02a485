"""No look at Azure at all: what the bot does until an operator turns looking on. Imports no SDK."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from dialogs.model.azure import Failing, Found, LogRead, LogTail, LookMode, Refusal, TemplateRef, TemplateStatus, Wanted
from dialogs.model.errors import LookRefused
from dialogs.model.turn import Person
from knowledge.model.entry import Language


class NoLooks:
    """`dialogs.model.ports.Azure` that refuses every look: it is off."""

    @property
    def mode(self) -> LookMode:
        """Nobody's eyes."""
        return "off"

    async def find(self, person: Person, wanted: Wanted) -> Found:
        """Raises `LookRefused`."""
        _refuse()

    async def failing(self, person: Person) -> Failing:
        """Raises `LookRefused`."""
        _refuse()

    async def status(self, person: Person, ref: TemplateRef) -> TemplateStatus:
        """Raises `LookRefused`."""
        _refuse()

    async def log_tail(self, person: Person, status: TemplateStatus) -> LogTail:
        """Raises `LookRefused`."""
        _refuse()

    async def read_log(
        self, person: Person, status: TemplateStatus, language: Language, progress: Callable[[int, int], None]
    ) -> LogRead:
        """Raises `LookRefused`."""
        _refuse()

    async def sign_out(self, person: Person) -> bool:
        """Nobody is signed in."""
        return False

    async def close(self) -> None:
        """Nothing is open."""


def _refuse() -> NoReturn:
    raise LookRefused(Refusal("off"))
