"""Errors that the ports raise and the dialogs turn into a reply; `DialogError` is the root of the tree."""

from __future__ import annotations

from dialogs.model.azure import AzureRefusal
from dialogs.model.files import FileRefusal
from dialogs.model.support import TicketRefusal


class DialogError(Exception):
    """A failure that the dialogs know how to explain to the user."""


class AzureRefusedError(DialogError):
    """Azure could not be read; `refusal` says why."""

    def __init__(self, refusal: AzureRefusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class TicketRefusedError(DialogError):
    """No support ticket was filed, or it is unknown whether one was; `refusal` says why."""

    def __init__(self, refusal: TicketRefusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class FileRefusedError(DialogError):
    """An attached file could not be read; `refusal` says why."""

    def __init__(self, refusal: FileRefusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal
