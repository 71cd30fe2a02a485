"""The answer about a template: what would make its build fail, how to correct it, and the corrected template."""
