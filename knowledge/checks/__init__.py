"""Checks of the knowledge base that go beyond the structure of its files."""
