"""The conversation: a turn in, replies out. Plain values, no SDK, no I/O of its own."""
