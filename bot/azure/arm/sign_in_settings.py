"""Which registration people sign in to, where they look with their own rights: read from the environment and checked.

| variable       | needed                                      | meaning                                          |
| -------------- | ------------------------------------------- | ------------------------------------------------ |
| `OAUTH_APP_ID` | for `AZURE_LOOK=user` and `UserAssignedMSI` | the registration whose API people sign in to     |

A managed identity offers no API and has no secret, so that one is needed beside it; a `SingleTenant` bot is its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.auth.credentials import BotCredentials

SETTING_NAMES = ("OAUTH_APP_ID",)

_GUID = re.compile(r"(?!0{8}-)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def read_sign_in_app_id(environ: Mapping[str, str], credentials: BotCredentials, faults: list[str]) -> str:
    """The id of the registration that people sign in to, in lower case; adds a sentence to `faults` a fault."""
    given = environ.get("OAUTH_APP_ID", "").strip().lower()
    if given and not _GUID.fullmatch(given):
        faults.append("OAUTH_APP_ID is no GUID: set it to the client id of the registration that people sign in to.")
    elif credentials.app_type == "UserAssignedMSI" and given in ("", credentials.app_id):
        faults.append(
            "OAUTH_APP_ID is not set, or is the managed identity itself, which offers no API to sign in to: set it to "
            "the registration that the sign-in connection names. appmanifest/azure/sign-in.md says how to make one."
        )
    elif credentials.app_type == "SingleTenant" and given not in ("", credentials.app_id):
        faults.append(
            "OAUTH_APP_ID is another registration than MicrosoftAppId, whose secret the bot does not have: unset it, "
            "and let people sign in to the bot's own registration."
        )
    return given or credentials.app_id
