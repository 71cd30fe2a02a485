"""The knowledge base: everything in the catalog that the dialogs need, loaded and checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from knowledge.catalog.fact_rules import FactRules, load_fact_rules
from knowledge.catalog.howtos import Howtos, load_howtos
from knowledge.catalog.loading import load_entries
from knowledge.catalog.questionnaire import Page, build_questionnaire
from knowledge.catalog.support import load_support
from knowledge.model.entry import Entry
from knowledge.model.support_routing import SupportRouting


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """Entries by id, and what goes with them."""

    entries: Mapping[str, Entry]
    support: SupportRouting
    howtos: Howtos
    fact_rules: FactRules
    questionnaire: Page


def load_knowledge_base(entries: Mapping[str, Entry] | None = None) -> KnowledgeBase:
    """Load the shipped knowledge; with `entries`, use those instead of the shipped ones.

    Raises:
        KnowledgeError: A file has faults.
    """
    used = load_entries() if entries is None else entries
    return KnowledgeBase(used, load_support(), load_howtos(), load_fact_rules(), build_questionnaire(used.values()))
