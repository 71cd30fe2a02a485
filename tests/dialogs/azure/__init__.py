"""tests/dialogs/azure."""
