"""Replies and text formats that every dialog uses."""
