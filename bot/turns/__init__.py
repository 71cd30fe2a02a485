"""bot/turns."""
