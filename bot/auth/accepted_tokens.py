"""Remember which tokens were accepted, so that a signature is verified once per token and not per request."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.auth.signing_keys import SigningKey

MAX_TOKENS = 256
"""How many tokens to remember. The service uses one for many requests, so a few of them are current at a time."""


@dataclass(frozen=True, slots=True)
class AcceptedToken:
    """A token whose signature and claims were verified with `key`; it's good until `expires_at`, in Unix time."""

    key_id: str
    key: SigningKey
    claims: Mapping[str, Any]
    expires_at: float


class AcceptedTokens:
    """The last accepted tokens, by their hashes. `clock` returns Unix time."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._tokens: OrderedDict[bytes, AcceptedToken] = OrderedDict()

    def __len__(self) -> int:
        """Return how many tokens are remembered."""
        return len(self._tokens)

    def find(self, token: str) -> AcceptedToken | None:
        """Return what is known of `token`; None if it wasn't accepted, or has expired."""
        digest = _hash_token(token)
        accepted = self._tokens.get(digest)
        if accepted is not None and accepted.expires_at <= self._clock():
            del self._tokens[digest]
            return None
        return accepted

    def remember(self, token: str, accepted: AcceptedToken) -> None:
        """Remember a token that was verified; the one that was remembered first is forgotten if there are too many."""
        self._tokens[_hash_token(token)] = accepted
        if len(self._tokens) > MAX_TOKENS:
            self._tokens.popitem(last=False)


def _hash_token(token: str) -> bytes:
    """Return a hash that identifies the token: the token itself, which is as good as a password, isn't kept."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
