"""Replies as Adaptive Cards that fit into a message."""
