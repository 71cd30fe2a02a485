"""Share a lookup: which parts may be posted, after a preview, in the group chat or channel where it was requested."""
