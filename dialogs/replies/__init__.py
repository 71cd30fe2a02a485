"""Replies and text forms that every dialog uses."""
