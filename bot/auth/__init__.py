"""Who may talk to the bot, and as whom the bot talks: request tokens, signing keys, its own tokens."""
