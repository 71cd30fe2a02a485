"""Whose token it is: a sign-in counts for the person who talks in Teams, and for nobody else."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import jwt

from dialogs.model.turn import Person


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """What a token says of its holder: tenant and object id in lower case, "" when it does not; its end in seconds
    since 1970.
    """

    tenant: str
    object_id: str
    expires_at: float

    def is_person(self, person: Person) -> bool:
        """Whether it is this person, for whom the channel vouches."""
        known = (person.tenant.lower(), person.object_id.lower())
        return all(known) and known == (self.tenant, self.object_id)

    def has_expired(self, now: float | None = None) -> bool:
        """Whether the token's time is over."""
        return self.expires_at <= (time.time() if now is None else now)


def read_token_owner(token: str) -> TokenOwner:
    """Whose `token` it is, as it says itself; of what is no token, nobody's.

    The signature is Microsoft Entra's to check, which it does before it gives anything for the token: a forged one says
    what it likes here, and opens nothing.
    """
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return TokenOwner("", "", 0.0)
    tenant, object_id, ends = claims.get("tid"), claims.get("oid"), claims.get("exp")
    return TokenOwner(
        tenant.lower() if isinstance(tenant, str) else "",
        object_id.lower() if isinstance(object_id, str) else "",
        float(ends) if isinstance(ends, int | float) and not isinstance(ends, bool) else 0.0,
    )
