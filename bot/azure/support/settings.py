"""Whether the bot may file support tickets: read from the environment and checked with the rest.

| variable         | default | meaning                                                                          |
| ---------------- | ------- | -------------------------------------------------------------------------------- |
| `SUPPORT_FILING` | `off`   | `on`: people may have the bot file their support requests, in their own name     |

A ticket is filed with the rights of the person whose case it is, so `on` needs `AZURE_LOOK` to be `user`, or `local`
or `sandbox` for trying it out; never `bot`.
"""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.model.azure import AccessMode

SETTING_NAME = "SUPPORT_FILING"
PERSONAL_ACCESS_MODES: tuple[AccessMode, ...] = ("user", "local", "sandbox")


def read_ticket_filing(environ: Mapping[str, str], access_mode: AccessMode, faults: list[str]) -> bool:
    """Whether tickets may be filed; adds a sentence to `faults` a fault. An empty variable counts as not set."""
    given = environ.get(SETTING_NAME, "").strip()
    if given.lower() not in ("", "off", "on"):
        faults.append(f"{SETTING_NAME} is {given!r}: use off or on.")
        return False
    if given.lower() != "on":
        return False
    if access_mode not in PERSONAL_ACCESS_MODES:
        faults.append(
            f"{SETTING_NAME} is on, but AZURE_LOOK is {access_mode}: a ticket is filed with the rights of the person whose it is. Set "
            f"AZURE_LOOK to user, or {SETTING_NAME} to off."
        )
        return False
    return True
