"""dialogs/azure."""
