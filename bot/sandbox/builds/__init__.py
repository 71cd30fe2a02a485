"""Simulated builds: how they progress over time, and the logs that they write."""
