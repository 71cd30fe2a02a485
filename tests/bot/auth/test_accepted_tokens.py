"""What is remembered of accepted tokens: until they expire, only so many, and not the tokens themselves."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import rsa

from bot.auth.accepted_tokens import MAX_TOKENS, AcceptedToken, AcceptedTokens
from bot.auth.signing_keys import SigningKey

KEY = SigningKey(rsa.generate_private_key(65537, 2048).public_key(), frozenset({"msteams"}))


def test_a_token_is_forgotten_once_it_expires() -> None:
    now = 100.0
    tokens = AcceptedTokens(lambda: now)
    accepted = AcceptedToken("first", KEY, {"serviceurl": "https://x"}, 160.0)
    tokens.remember("a.b.c", accepted)
    now = 159.9
    assert tokens.find("a.b.c") is accepted
    assert tokens.find("a.b.d") is None
    now = 160.0
    assert tokens.find("a.b.c") is None
    assert len(tokens) == 0


def test_only_so_many_are_remembered_and_none_of_them_can_be_read() -> None:
    tokens = AcceptedTokens(lambda: 0.0)
    for number in range(MAX_TOKENS + 10):
        tokens.remember(f"token-{number}", AcceptedToken("first", KEY, {}, 1.0))
    assert len(tokens) == MAX_TOKENS
    assert tokens.find("token-9") is None
    assert tokens.find("token-10") is not None
    assert "token-10" not in repr(vars(tokens))
