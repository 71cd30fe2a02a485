"""Post a lookup that a person shares, at most once, in the conversation where they asked for it."""
