"""The state of a conversation between turns, and its JSON form."""
