"""The bot's exceptions. Each message says what failed, where, and what to do about it.

BotError
├── SettingsError            the environment asks for something impossible (reports all faults together)
├── StartError               the server can't start
├── RequestRefusedError      an HTTP request is refused, with its status
├── DeliveryError            the channel didn't accept a reply
├── UploadError              Teams' upload address didn't accept a file
├── ServiceUnreachableError  a service that issues keys or tokens gave no usable answer
├── OverloadedError          too much work is waiting already
├── KeysUnavailableError     no signing keys are known, so no request can be checked
├── TokenUnavailableError    the bot gets no token for its replies
└── StoreError               state can't be read or written
    ├── StateConflictError   the state was changed by someone else since it was read
    └── StateTooLargeError   the state of one conversation is over the limit

An exception that only one folder raises and catches is defined there; it derives from `BotError` too.
"""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Sequence
from typing import Literal

_MAX_CHAINED_ERRORS = 5
_MAX_FRAMES = 6

DeliveryOutcome = Literal["later", "unknown", "refused"]
"""What happened to a message: not accepted, so try later; possibly accepted; permanently refused."""


class BotError(Exception):
    """The root of the bot's exceptions; `str()` gives a sentence to show."""


class SettingsError(BotError):
    """The settings can't be used; `faults` has one sentence for each fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class StartError(BotError):
    """The server can't start; the message says why and what to do."""


class UploadError(BotError):
    """A file wasn't accepted, or no answer said that it was."""


class RequestRefusedError(BotError):
    """An HTTP request that is refused: its status and a sentence for the caller."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class DeliveryError(BotError):
    """The channel didn't accept an activity, or didn't say whether it did.

    `status` is the HTTP status, None if there was no response. `retry_after` is the wait in seconds that the channel
    asked for, if any.
    """

    def __init__(
        self,
        message: str,
        status: int | None = None,
        outcome: DeliveryOutcome = "later",
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.outcome: DeliveryOutcome = outcome
        self.retry_after = retry_after
        super().__init__(message)


class ServiceUnreachableError(BotError):
    """A service that issues keys or tokens could not be reached, or gave an unusable answer."""


class OverloadedError(BotError):
    """Too much work is waiting already, so this isn't begun."""


class KeysUnavailableError(BotError):
    """The Bot Framework service's signing keys are unknown, so no caller can be authenticated."""


class TokenUnavailableError(BotError):
    """The bot gets no token for the channel; the message says why and what an operator can do."""


class StoreError(BotError):
    """State can't be read or written."""


class StateConflictError(StoreError):
    """The ETag is stale: the state was changed since it was loaded. Load it again and repeat the turn."""


class StateTooLargeError(StoreError):
    """The state of one conversation is larger than a store accepts."""


def log_failure(log: logging.Logger, error: BaseException) -> str:
    """Log what failed and where under a new reference, and return the reference for the person.

    The error's message isn't logged: it could quote what the person sent.
    """
    reference = secrets.token_hex(4)
    log.error("Turn failed, reference %s: %s", reference, describe_error_location(error))
    return reference


def describe_error_location(error: BaseException) -> str:
    """Return the type of `error` and where it was raised, with its causes, for a log.

    The message is left out, since it may quote what a person wrote.
    """
    chain: list[str] = []
    current: BaseException | None = error
    while current is not None and len(chain) < _MAX_CHAINED_ERRORS:
        frames = traceback.extract_tb(current.__traceback__)[-_MAX_FRAMES:]
        places = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
        chain.append(f"{type(current).__name__} at {places or 'unknown'}")
        current = current.__cause__ or current.__context__
    return "; after ".join(chain)
