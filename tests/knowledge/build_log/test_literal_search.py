"""All places of literals in any case, and the same ones with and without Vectorscan."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.build_log import literal_search
from knowledge.build_log.literal_search import (
    WINDOW_BYTES,
    CompiledLiterals,
    LiteralHit,
    LiteralSearch,
    build_plain_scan,
)


def find_all(search: LiteralSearch, text: bytes) -> list[LiteralHit]:
    return [hit for begin in range(0, len(text), WINDOW_BYTES) for hit in search.find_hits(text, begin)]


def find_slowly(literals: Sequence[bytes], text: bytes) -> list[LiteralHit]:
    lowercase = text.lower()
    return sorted(
        (start, -len(literal), literal)
        for literal in {literal.lower() for literal in literals}
        for start in range(len(text))
        if lowercase.startswith(literal, start)
    )


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        (b"", []),
        (b"nothing", []),
        (b"FAILED to", [(0, -6, b"failed")]),
        (b"packer-plugin", [(0, -13, b"packer-plugin"), (0, -6, b"packer")]),
        (b"aaaa", [(0, -3, b"aaa"), (1, -3, b"aaa")]),
        (b"\x00failed\xff", [(1, -6, b"failed")]),
    ],
)
def test_hits_are_in_the_order_of_the_text_and_the_longer_first(text: bytes, hits: list[LiteralHit]) -> None:
    compiled = CompiledLiterals([b"Packer", b"packer-plugin", b"failed", b"aaa"])
    assert find_all(LiteralSearch(compiled), text) == hits


@pytest.mark.parametrize("offset", range(-8, 2))
def test_a_literal_at_the_edge_of_a_window_is_found_once(offset: int) -> None:
    start = WINDOW_BYTES + offset
    text = b"x" * start + b"Failed" + b"x" * WINDOW_BYTES
    assert find_all(LiteralSearch(CompiledLiterals([b"failed"])), text) == [(start, -6, b"failed")]


_LETTERS = st.binary(min_size=1, max_size=6).map(lambda raw: bytes(b"abAB."[byte % 5] for byte in raw))


@given(literals=st.lists(_LETTERS, max_size=8), parts=st.lists(_LETTERS, max_size=40))
def test_all_places_are_found_with_and_without_vectorscan(literals: list[bytes], parts: list[bytes]) -> None:
    text = b"".join(parts)
    compiled = CompiledLiterals(literals)
    expected = find_slowly(literals, text)
    assert find_all(LiteralSearch(compiled), text) == expected
    compiled.scan = build_plain_scan(compiled.literals)
    assert find_all(LiteralSearch(compiled), text) == expected


@pytest.mark.parametrize("is_plain", [False, True])
@pytest.mark.parametrize("max_dropped_hits", [0, 1_000_000])
def test_a_dropped_literal_is_not_found_again(
    is_plain: bool, max_dropped_hits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(literal_search, "_MAX_DROPPED_HITS", max_dropped_hits)
    compiled = CompiledLiterals([b"polling", b"failed", b"never there"])
    if is_plain:
        compiled.scan = build_plain_scan(compiled.literals)
    search = LiteralSearch(compiled)
    text = b"polling, polling, failed"
    search.find_hits(text, 0)
    search.drop(b"polling")
    search.drop(b"unknown")
    for _ in range(3):
        assert search.find_hits(text, 0) == [(18, -6, b"failed")]
    assert len(LiteralSearch(compiled).find_hits(text, 0)) == 3, "another text is searched for all of them"


def test_threads_can_share_what_is_compiled() -> None:
    compiled = CompiledLiterals([b"failed", b"denied"])
    text = b"failed denied " * 20_000
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: len(find_all(LiteralSearch(compiled), text)), range(8)))
    assert counts == [40_000] * 8
