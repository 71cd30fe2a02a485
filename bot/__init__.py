"""The outside of Image Medic: Teams, Azure, state, the HTTP server and the settings."""
