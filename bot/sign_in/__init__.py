"""bot/sign_in."""
