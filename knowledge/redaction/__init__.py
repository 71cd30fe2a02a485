"""knowledge/redaction."""
