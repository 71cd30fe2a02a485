"""Signatures that are ready to be searched for, and the quick test of which ones are worth it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from knowledge.catalog.signature_index import SignatureRow
from knowledge.model.entry import BuildTool, Signature
from knowledge.patterns import normalize_literal
from knowledge.redaction.patterns import BytePattern


class PresenceTest(NamedTuple):
    """What a text must and can't have before a signature is worth searching for."""

    entry_id: str
    position: int
    required: frozenset[bytes]
    unless: frozenset[bytes]
    tool: BuildTool | None


class CompiledSignature(NamedTuple):
    """A signature with its literals as normalized bytes, and its regex."""

    entry_id: str
    signature: Signature
    fragments: tuple[bytes, ...]
    regex: BytePattern | None
    unless: tuple[bytes, ...]
    before: bytes | None
    not_within: tuple[bytes, ...]


def read_test(row: SignatureRow) -> PresenceTest:
    """Return the test that a row of the index stands for."""
    entry_id, position, required, unless, tool = row
    return PresenceTest(entry_id, position, _encode_all(required), _encode_all(unless), tool)


def compile_signature(entry_id: str, signature: Signature) -> CompiledSignature:
    """Prepare a signature for the search. Its regex is compiled on first use."""
    return CompiledSignature(
        entry_id=entry_id,
        signature=signature,
        fragments=_normalize_literals(signature.text),
        regex=BytePattern(f"(?i){signature.regex}") if signature.regex else None,
        unless=_normalize_literals(signature.unless),
        before=_normalize_literal(signature.before) if signature.before else None,
        not_within=_normalize_literals(signature.not_within),
    )


def _normalize_literals(texts: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(_normalize_literal(text) for text in texts)


def _normalize_literal(text: str) -> bytes:
    return normalize_literal(text).encode()


def _encode_all(literals: Iterable[str]) -> frozenset[bytes]:
    return frozenset(literal.encode() for literal in literals)
