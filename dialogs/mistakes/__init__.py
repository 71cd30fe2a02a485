"""The mistake in a template that explains a failed run: how it's found during a lookup, and how it's shown."""
