"""The conversation's state, and its JSON."""
