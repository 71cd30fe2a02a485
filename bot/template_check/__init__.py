"""Checks templates from the chat in processes that can be ended: whatever they hold, the bot goes on answering."""
