"""bot/telemetry."""
