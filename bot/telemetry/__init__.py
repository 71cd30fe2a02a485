"""Log lines, and OpenTelemetry where it is set up."""
