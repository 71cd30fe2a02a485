"""Connect to Teams with the Bot Framework SDK; only this folder imports it."""
