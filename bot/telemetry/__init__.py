"""Logging, and OpenTelemetry if an operator sets it up."""
