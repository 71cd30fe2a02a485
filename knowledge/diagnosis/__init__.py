"""Match, rank, and explain: from a text to a `Diagnosis`."""
