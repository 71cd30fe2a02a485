"""The findings of the doctor, and the environment that it checks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from ssl import SSLContext
from typing import Literal

from bot.auth.credentials import PUBLIC_CLOUD, BotFrameworkCloud

CheckState = Literal["good", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Checkup:
    """The result of one check. The message says what to do, unless the state is good."""

    subject: str
    state: CheckState
    message: str


@dataclass(frozen=True, slots=True)
class DoctorEnvironment:
    """The services that the doctor calls, how it connects to them, and the machine's clock."""

    cloud: BotFrameworkCloud = PUBLIC_CLOUD
    tls: SSLContext | None = None
    clock: Callable[[], float] = time.time


PUBLIC_ENVIRONMENT = DoctorEnvironment()
"""The real services of the public cloud."""
