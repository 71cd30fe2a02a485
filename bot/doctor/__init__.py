"""`app.py doctor`: checks of this installation."""
