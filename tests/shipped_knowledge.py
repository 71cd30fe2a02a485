"""The shipped knowledge, loaded once for all tests of a process."""

from __future__ import annotations

from knowledge.catalog.knowledge_base import load_knowledge_base
from knowledge.diagnosis.diagnoser import Diagnoser

KNOWLEDGE_BASE = load_knowledge_base()
ENTRIES = KNOWLEDGE_BASE.entries
DIAGNOSER = Diagnoser(ENTRIES)
