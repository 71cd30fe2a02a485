"""knowledge/diagnosis."""
