"""What every call to Azure shares: settings, which requests are allowed, and the audit line."""
