"""dialogs/support/ticket."""
