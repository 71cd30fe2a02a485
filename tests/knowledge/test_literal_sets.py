"""A set of literals finds the same ones with plain searches, with Vectorscan, and with RE2 where it's missing."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import hyperscan
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import patterns
from knowledge.patterns import LiteralSet
from knowledge.vectorscan import compile_literals

WORDS = st.text(alphabet="abè.\\", min_size=1, max_size=5).map(str.encode)


def build_sets(literals: list[bytes]) -> dict[str, LiteralSet]:
    """Return a set that is still new, one that's compiled, and one that's compiled without Vectorscan."""
    sets = {"plain": LiteralSet(literals), "Vectorscan": LiteralSet(literals), "RE2": LiteralSet(literals)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patterns, "_MAX_PLAIN_SEARCH_COST", 0)
        sets["Vectorscan"].find_in(b"anything")
        patch.setitem(sys.modules, "hyperscan", None)
        sets["RE2"].find_in(b"anything")
    return sets


@given(literals=st.lists(WORDS, max_size=8, unique=True), parts=st.lists(WORDS, max_size=30))
def test_all_ways_to_search_find_the_same(literals: list[bytes], parts: list[bytes]) -> None:
    text = b"".join(parts)
    expected = {literal for literal in literals if literal in text}
    with pytest.MonkeyPatch.context() as patch:
        for name, literal_set in build_sets(literals).items():
            patch.setattr(patterns, "_MAX_PLAIN_SEARCH_COST", 1 << 30 if name == "plain" else 0)
            found = literal_set.find_in(text)
            assert set(found) == expected, name
            assert len(found) == len(expected), f"{name}: each is reported once"


def test_case_counts_in_a_lowercase_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "_MAX_PLAIN_SEARCH_COST", 0)
    assert LiteralSet([b"failed"]).find_in(b"FAILED") == []


def test_threads_can_share_a_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "_MAX_PLAIN_SEARCH_COST", 0)
    literal_set = LiteralSet([b"failed", b"denied", b"never there"])
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(literal_set.find_in, [b"failed, denied " * 20_000] * 16))
    assert [sorted(each) for each in found] == [[b"denied", b"failed"]] * 16


def test_what_vectorscan_cannot_compile_is_left_to_re2(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise hyperscan.error("unknown processor")

    monkeypatch.setattr(hyperscan, "Database", lambda mode: SimpleNamespace(compile=refuse))
    assert compile_literals([b"failed"], ignores_case=True, finds_first=False) is None
    monkeypatch.setattr(patterns, "_MAX_PLAIN_SEARCH_COST", 0)
    assert LiteralSet([b"failed", b"denied"]).find_in(b"it failed") == [b"failed"]


def test_without_the_package_or_without_literals_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    assert compile_literals([], ignores_case=True, finds_first=False) is None
    assert compile_literals([b"failed"], ignores_case=True, finds_first=False) is not None
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    assert compile_literals([b"failed"], ignores_case=True, finds_first=False) is None
