"""Which mistake in a template explains why its build failed."""
