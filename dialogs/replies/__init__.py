"""dialogs/replies."""
