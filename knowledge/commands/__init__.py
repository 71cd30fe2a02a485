"""Commands with placeholders, and shell quoting."""
