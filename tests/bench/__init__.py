"""What `make bench` measures, side by side in one run. Figures are ratios and percentiles; no test asserts a time."""
