"""dialogs/model."""
