"""bot/files."""
