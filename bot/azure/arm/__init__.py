"""What every call to Azure shares: settings, which requests may leave, the audit line."""
