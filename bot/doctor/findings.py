"""What the doctor finds, as plain values, and where it looks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from ssl import SSLContext
from typing import Literal

from bot.auth.credentials import PUBLIC_CLOUD, BotFrameworkCloud

FindingState = Literal["good", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what, how it is, and what to do where it is not good."""

    subject: str
    state: FindingState
    message: str


@dataclass(frozen=True, slots=True)
class DoctorEnvironment:
    """Where the services are, and how the doctor reaches them; other than the real ones in tests only."""

    cloud: BotFrameworkCloud = PUBLIC_CLOUD
    tls: SSLContext | None = None
    clock: Callable[[], float] = time.time
