"""The setting that allows the bot to file support tickets.

| variable         | default | meaning                                                                          |
| ---------------- | ------- | -------------------------------------------------------------------------------- |
| `SUPPORT_FILING` | `off`   | `on`: people may have the bot file their support requests, in their own name     |

A ticket is filed with the permissions of the person who asks for it. So `on` needs `AZURE_LOOK` to be `user`, or
`local` or `sandbox` to try it out, but never `bot`.
"""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.model.azure import AccessMode

SETTING_NAME = "SUPPORT_FILING"
PERSONAL_ACCESS_MODES: tuple[AccessMode, ...] = ("user", "local", "sandbox")


def read_ticket_filing(environ: Mapping[str, str], access_mode: AccessMode, faults: list[str]) -> bool:
    """Return whether the bot may file tickets, and append a sentence to `faults` for each invalid value.

    An empty variable counts as not set.
    """
    value = environ.get(SETTING_NAME, "").strip()
    if value.lower() not in ("", "off", "on"):
        faults.append(f"{SETTING_NAME} is {value!r}: use off or on.")
        return False
    if value.lower() != "on":
        return False
    if access_mode not in PERSONAL_ACCESS_MODES:
        faults.append(
            f"{SETTING_NAME} is on, but AZURE_LOOK is {access_mode}: a ticket is filed with the permissions of the "
            f"person who asks for it. Set AZURE_LOOK to user, or {SETTING_NAME} to off."
        )
        return False
    return True
