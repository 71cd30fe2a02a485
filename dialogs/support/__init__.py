"""dialogs/support."""
