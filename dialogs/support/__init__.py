"""Support cases: the draft, its form, and its text as a preview, as commands, and as a file."""
