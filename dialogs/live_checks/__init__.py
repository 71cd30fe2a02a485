"""Checks of a live template against what's in Azure, with the person's own permissions."""
