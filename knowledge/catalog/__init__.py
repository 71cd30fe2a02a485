"""Loads the files of the knowledge base: entries, how-tos, support routing, exit codes, script errors, fact rules."""
