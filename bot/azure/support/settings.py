"""Whether the bot may file support tickets: read from the environment and checked with the rest.

| variable         | default | meaning                                                                          |
| ---------------- | ------- | -------------------------------------------------------------------------------- |
| `SUPPORT_FILING` | `off`   | `on`: people may have the bot file their support requests, in their own name     |

A ticket is filed with the rights of the person whose case it is, so `on` needs `AZURE_LOOK` to be `user`, or `local`
or `sandbox` for trying it out; never `bot`.
"""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.model.azure import LookMode

NAME = "SUPPORT_FILING"
AS_THE_PERSON: tuple[LookMode, ...] = ("user", "local", "sandbox")


def read_filing(environ: Mapping[str, str], look: LookMode, faults: list[str]) -> bool:
    """Whether tickets may be filed; adds a sentence to `faults` a fault. An empty variable counts as not set."""
    given = environ.get(NAME, "").strip()
    if given.lower() not in ("", "off", "on"):
        faults.append(f"{NAME} is {given!r}: use off or on.")
        return False
    if given.lower() != "on":
        return False
    if look not in AS_THE_PERSON:
        faults.append(
            f"{NAME} is on, but AZURE_LOOK is {look}: a ticket is filed with the rights of the person whose it is. Set "
            f"AZURE_LOOK to user, or {NAME} to off."
        )
        return False
    return True
