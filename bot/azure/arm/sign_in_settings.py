"""Read from the environment which app registration people sign in to when they use their own permissions.

| variable       | needed                                      | meaning                                          |
| -------------- | ------------------------------------------- | ------------------------------------------------ |
| `OAUTH_APP_ID` | for `AZURE_LOOK=user` and `UserAssignedMSI` | the registration whose API people sign in to     |

A managed identity exposes no API and has no secret, so people need a registration to sign in to. A `SingleTenant` bot
uses its own registration.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.auth.credentials import BotCredentials
from knowledge.azure_names import is_assigned_guid

SETTING_NAMES = ("OAUTH_APP_ID",)


def read_sign_in_app_id(environ: Mapping[str, str], credentials: BotCredentials, faults: list[str]) -> str:
    """Return the id (lower case) of the registration that people sign in to; append any fault to `faults`."""
    app_id = environ.get("OAUTH_APP_ID", "").strip().lower()
    if app_id and not is_assigned_guid(app_id):
        faults.append("OAUTH_APP_ID is not a GUID: set it to the client id of the registration that people sign in to.")
    elif credentials.app_type == "UserAssignedMSI" and app_id in ("", credentials.app_id):
        faults.append(
            "OAUTH_APP_ID is not set, or is the managed identity itself, which has no API to sign in to: set it to the "
            "registration that the sign-in connection names. appmanifest/azure/sign-in.md says how to create one."
        )
    elif credentials.app_type == "SingleTenant" and app_id not in ("", credentials.app_id):
        faults.append(
            "OAUTH_APP_ID is another registration than MicrosoftAppId, whose secret the bot does not have: unset it, "
            "and let people sign in to the bot's own registration."
        )
    return app_id or credentials.app_id
