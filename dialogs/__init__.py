"""The conversation: a turn in, replies out. Plain values, no SDK, and no I/O itself."""
