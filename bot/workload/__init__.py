"""Bound the work that people cause: threads for long texts, and how much one person may ask for."""
