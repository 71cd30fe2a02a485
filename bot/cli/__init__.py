"""The commands of `app.py`, one module each."""
