"""tests/dialogs."""
