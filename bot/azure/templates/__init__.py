"""Find image templates and read their status."""
