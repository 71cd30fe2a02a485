"""Tests of `knowledge/text`."""
