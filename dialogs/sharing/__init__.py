"""Sharing a look: what of it may be posted in the group chat or channel where it was asked for, after a preview."""
