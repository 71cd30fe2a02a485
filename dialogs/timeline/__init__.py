"""Timelines: what the steps of a build took, drawn from a log and a template."""
