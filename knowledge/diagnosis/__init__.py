"""Match, rank, and explain: from text to a `Diagnosis`."""
