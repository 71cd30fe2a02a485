"""dialogs/solution."""
