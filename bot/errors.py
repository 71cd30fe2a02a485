"""What can go wrong outside the conversation; every message says what failed, where, and what to do.

BotError
├── SettingsError        the environment asks for something that cannot be (all faults at once)
├── StartError           the server cannot start
├── RefusedRequest       an HTTP request that is not served, with its status
├── DeliveryFailed       the channel did not take a reply
├── ServiceUnreachable   a service for keys or tokens gave no answer that can be used
├── KeysUnavailable      no signing keys are known, so no request can be checked
├── UploadFailed         a file was not taken where Teams said to put it
├── TokenUnavailable     the bot gets no token for its replies
└── StoreError           state cannot be read or written
    ├── StateConflict    somebody else changed this state since it was read
    └── StateTooLarge    one conversation's state is over the limit
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import Literal

DeliveryOutcome = Literal["later", "unknown", "refused"]
"""What became of something the channel was to take: not taken, try later; perhaps taken; refused for good."""


class BotError(Exception):
    """Anything of the tree above; `str()` is a sentence for the reader."""


class SettingsError(BotError):
    """The settings cannot be used. `faults` holds one sentence a fault, all of them."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class StartError(BotError):
    """The server cannot start; the message says why and what to do."""


class UploadError(BotError):
    """A file was not taken, or nobody said so."""


class RequestRefusedError(BotError):
    """A request that is not served: its HTTP status and a sentence for the caller."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class DeliveryError(BotError):
    """The channel did not take an activity, or did not say so.

    `status` is its HTTP status, None when there was none; `retry_after` the seconds that it asked to wait, if any.
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
    """A service that hands out keys or tokens could not be reached, or its answer not be used."""


class KeysUnavailableError(BotError):
    """Nobody can be told from anybody: the keys of the Bot Framework service are not known."""


class TokenUnavailableError(BotError):
    """The bot cannot prove itself to the channel; the message says why and what an operator can do."""


class StoreError(BotError):
    """State cannot be read or written."""


class StateConflictError(StoreError):
    """The ETag is stale: the state was changed since it was loaded. Load it again and repeat the turn."""


class StateTooLargeError(StoreError):
    """One state is larger than a store keeps."""


def describe_error_location(error: BaseException) -> str:
    """What kind of error and where in the program, for a log: its message is left out, since it may quote a person."""
    chain: list[str] = []
    link: BaseException | None = error
    while link is not None and len(chain) < 5:
        frames = traceback.extract_tb(link.__traceback__)[-6:]
        places = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
        chain.append(f"{type(link).__name__} at {places or 'unknown'}")
        link = link.__cause__ or link.__context__
    return "; after ".join(chain)
