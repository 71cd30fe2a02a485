"""Whose credentials are used for a lookup: the person's, the bot's, this machine's, or the sandbox's."""
