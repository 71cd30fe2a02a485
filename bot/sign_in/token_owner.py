"""Read who a token belongs to. A sign-in counts only for the person who talks to the bot in Teams."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import jwt

from dialogs.model.turn import Person


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """What a token says about its owner.

    Tenant and object id are in lower case, "" if the token has none; `expires_at` is in seconds since 1970.
    """

    tenant: str
    object_id: str
    expires_at: float

    def is_person(self, person: Person) -> bool:
        """Tell whether the owner is `person`, whose tenant and object id the channel vouches for."""
        person_key = (person.tenant.lower(), person.object_id.lower())
        return all(person_key) and person_key == (self.tenant, self.object_id)

    def has_expired(self, now: float | None = None) -> bool:
        """Tell whether the token has expired at `now` (seconds since 1970; default: the current time)."""
        return self.expires_at <= (time.time() if now is None else now)


def read_token_owner(token: str) -> TokenOwner:
    """Return the owner that `token` names; an empty owner if it isn't a token.

    The signature is not checked here. Microsoft Entra checks it before it exchanges the token, so a forged one is
    useless.
    """
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return TokenOwner("", "", 0.0)
    tenant, object_id, expires_at = claims.get("tid"), claims.get("oid"), claims.get("exp")
    return TokenOwner(
        tenant.lower() if isinstance(tenant, str) else "",
        object_id.lower() if isinstance(object_id, str) else "",
        float(expires_at) if isinstance(expires_at, int | float) and not isinstance(expires_at, bool) else 0.0,
    )
