"""Whose credentials are used for a lookup: the person, the bot, this machine, or the sandbox."""
