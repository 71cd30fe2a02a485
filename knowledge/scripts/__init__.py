"""Reads PowerShell and shell scripts with their grammars: commands, whether they run, and faults of their syntax."""
