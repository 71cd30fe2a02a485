"""bot/doctor."""
