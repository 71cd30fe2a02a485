"""The shipped knowledge, loaded once for all tests of a process."""

from __future__ import annotations

from knowledge.diagnosis.diagnoser import Diagnoser
from knowledge.knowledge_base import load_knowledge_base

KNOWLEDGE_BASE = load_knowledge_base()
ENTRIES = KNOWLEDGE_BASE.entries
DIAGNOSER = Diagnoser(ENTRIES)
