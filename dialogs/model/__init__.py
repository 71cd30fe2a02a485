"""Plain values that the dialogs take and give, and the ports they need."""
