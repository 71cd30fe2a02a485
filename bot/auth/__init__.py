"""Authenticate callers, and the bot itself to its services: request tokens, signing keys, the bot's tokens."""
