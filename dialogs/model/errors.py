"""Errors that the ports raise and the dialogs turn into a reply; `DialogError` is the root of the tree."""

from __future__ import annotations

from dialogs.model.azure_refusal import AzureRefusal
from dialogs.model.files import FileRefusal
from dialogs.model.share_refusal import ShareRefusalReason


class DialogError(Exception):
    """A failure that the dialogs know how to explain to the user."""


class AzureRefusedError(DialogError):
    """Azure refused to read something, or to file a ticket; `refusal` says why."""

    def __init__(self, refusal: AzureRefusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class ShareRefusedError(DialogError):
    """A lookup wasn't shared, or it's unknown whether it was; `reason` says why."""

    def __init__(self, reason: ShareRefusalReason) -> None:
        super().__init__(reason)
        self.reason: ShareRefusalReason = reason


class FileRefusedError(DialogError):
    """An attached file couldn't be read; `refusal` says why."""

    def __init__(self, refusal: FileRefusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal
