"""A fake Azure Support API."""
