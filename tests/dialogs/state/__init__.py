"""tests/dialogs/state."""
