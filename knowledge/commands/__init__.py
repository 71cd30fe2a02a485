"""Fill in and quote the shell commands that people are shown."""
