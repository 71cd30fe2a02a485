"""knowledge/build_log."""
