"""Turn the bytes of a log or a paste into normalized lines, with the log's prefixes parsed."""
