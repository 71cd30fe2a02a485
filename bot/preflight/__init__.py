"""What the command `preflight` reads and prints."""
