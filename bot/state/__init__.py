"""Store conversations' state, in SQLite or in Azure Blob Storage."""
