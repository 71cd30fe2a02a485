"""Looks at Azure, read-only: credentials, image templates, their status and their build logs."""
