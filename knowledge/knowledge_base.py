"""The knowledge base: everything the dialogs need to know, loaded and checked once, and passed to all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from knowledge.catalog.fact_rules import FactRules, load_fact_rules
from knowledge.catalog.findings import FindingCatalog, load_findings
from knowledge.catalog.howtos import Howtos, load_howtos
from knowledge.catalog.loading import load_entries
from knowledge.catalog.questionnaire import Page, build_questionnaire
from knowledge.catalog.support import load_support
from knowledge.model.entry import Entry
from knowledge.model.support_routing import SupportRouting
from knowledge.search.howto_search import HowtoSearch
from knowledge.search.keyword_search import KeywordSearch


@dataclass(frozen=True)
class KnowledgeBase:
    """Entries by id, and everything around them. What's built from them is built on first use."""

    entries: Mapping[str, Entry]
    support: SupportRouting
    howtos: Howtos
    fact_rules: FactRules
    findings: FindingCatalog

    @cached_property
    def questionnaire(self) -> Page:
        """The first page of the guided questions."""
        return build_questionnaire(self.entries.values())

    @cached_property
    def howto_search(self) -> HowtoSearch:
        """The search for the how-to that a question asks for."""
        return HowtoSearch(self.howtos)

    @cached_property
    def keyword_search(self) -> KeywordSearch:
        """The search for entries and findings by words of their titles and errors."""
        return KeywordSearch(self.entries.values(), self.findings.rules.values())


def load_knowledge_base(entries: Mapping[str, Entry] | None = None) -> KnowledgeBase:
    """Load the shipped knowledge; with `entries`, use those instead of the shipped ones.

    Raises:
        KnowledgeError: A file has faults.
    """
    used = load_entries() if entries is None else entries
    return KnowledgeBase(used, load_support(), load_howtos(), load_fact_rules(), load_findings())
