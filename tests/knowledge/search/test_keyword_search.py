"""What a search by keywords finds in the shipped knowledge, and in which order."""

from __future__ import annotations

import pytest

from knowledge.knowledge_base import load_knowledge_base
from knowledge.search.keyword_search import KeywordHit

SEARCH = load_knowledge_base().keyword_search


@pytest.mark.parametrize(
    ("query", "hit"),
    [
        ("SYSPREP timing", KeywordHit("sysprep-timing")),
        ("syspr tim", KeywordHit("sysprep-timing")),
        ("apt lock", KeywordHit("script-nonzero-exit", "apt-lock")),
        ("AuthorizationFailed", KeywordHit("tool-principal-denied")),
    ],
)
def test_every_word_of_a_query_is_found(query: str, hit: KeywordHit) -> None:
    assert hit in SEARCH.search(query)


def test_a_whole_word_of_a_title_comes_before_its_start() -> None:
    hits = SEARCH.search("pip")
    findings = [index for index, hit in enumerate(hits) if hit.finding.startswith("pip-")]
    pipelines = [index for index, hit in enumerate(hits) if hit.entry == "pipeline-task-call-failed"]
    assert findings
    assert pipelines
    assert max(findings) < min(pipelines)


@pytest.mark.parametrize("query", ["", "  ", "?!", "sysprep zebra"])
def test_nothing_is_found_without_words_or_with_an_unknown_one(query: str) -> None:
    assert SEARCH.search(query) == []
