"""bot/azure/logs."""
