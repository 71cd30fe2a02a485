"""Tests of the answer about a template."""
