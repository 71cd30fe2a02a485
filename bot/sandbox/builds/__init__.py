"""Made-up builds: their course over time and the logs they write."""
