"""The support case: draft, form, text, commands, file."""
