"""bot/azure/clients."""
