"""bot/azure/templates."""
