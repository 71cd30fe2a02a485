"""Posting what a person shares of a look, at most once, in the conversation where they asked for it."""
