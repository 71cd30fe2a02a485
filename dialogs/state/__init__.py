"""dialogs/state."""
