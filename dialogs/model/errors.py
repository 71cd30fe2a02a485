"""What the outside may answer the conversation instead of what it was asked for; `DialogError` is the tree's top."""

from __future__ import annotations

from dialogs.model.azure import AzureRefusal
from dialogs.model.files import FileRefusal
from dialogs.model.support import TicketRefusal


class DialogError(Exception):
    """Something that the conversation knows how to answer."""


class AzureRefusedError(DialogError):
    """A look at Azure came to nothing; `refusal` says why, in words that the conversation turns into an answer."""

    def __init__(self, refusal: AzureRefusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class TicketRefusedError(DialogError):
    """No ticket was filed, or not for certain; `refusal` says why, for the conversation to put into words."""

    def __init__(self, refusal: TicketRefusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class FileRefusedError(DialogError):
    """A file that came with a message was not read; `refusal` says why, for the conversation to put into words."""

    def __init__(self, refusal: FileRefusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal
