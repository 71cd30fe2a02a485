"""What every call to Azure shares: clouds, settings, names, the read-only policy, the audit line."""
