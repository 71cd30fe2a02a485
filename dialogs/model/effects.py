"""What a turn does besides its replies, as plain values; each client and the turn runtime handle every kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from dialogs.model.job import Job

HandoffTopic = Literal["walk", "draft", "look"]
"""What the private chat continues with: the walkthrough, a support case draft, or an Azure lookup."""


@dataclass(frozen=True, slots=True)
class StartJob:
    """Run a job after the replies were sent; the last reply announces it."""

    job: Job


@dataclass(frozen=True, slots=True)
class CancelJobs:
    """Cancel the jobs of earlier turns that have one of these `id` arguments."""

    job_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HandOff:
    """Open the person's private chat and continue there.

    `keeps_way_back`: what's found there may be posted here later, so the way back is stored.
    """

    topic: HandoffTopic
    keeps_way_back: bool = False


@dataclass(frozen=True, slots=True)
class Forget:
    """Delete everything stored for the conversation outside its state."""


@dataclass(frozen=True, slots=True)
class RequestSignIn:
    """Show the client's sign-in button below a reply."""

    reply_index: int = 0


@dataclass(frozen=True, slots=True)
class AskFeedback:
    """Let the client ask whether the diagnosis in a reply was right."""

    reply_index: int = 0


@dataclass(frozen=True, slots=True)
class OfferFile:
    """Offer a file below a reply: its name, a description, its size in bytes.

    `args` come back to the conversation when the person accepts, and the conversation then renders the file.
    """

    name: str
    description: str
    size: int
    args: Mapping[str, object] = field(default_factory=dict)
    reply_index: int = 0


ReplyEffect = RequestSignIn | AskFeedback | OfferFile
"""An effect that belongs to the result's reply at `reply_index`."""
Effect = StartJob | CancelJobs | HandOff | Forget | ReplyEffect


def shift_effects(effects: Iterable[Effect], earlier_replies: int) -> tuple[Effect, ...]:
    """Return the effects of a result whose replies follow `earlier_replies` others."""
    return tuple(
        replace(effect, reply_index=effect.reply_index + earlier_replies) if isinstance(effect, ReplyEffect) else effect
        for effect in effects
    )


def select_reply_effects(effects: Iterable[Effect], reply_index: int) -> tuple[ReplyEffect, ...]:
    """Return the effects that belong to the reply at `reply_index`."""
    return tuple(effect for effect in effects if isinstance(effect, ReplyEffect) and effect.reply_index == reply_index)
