"""Run the bot as a process: settings, services, HTTP server, test client."""
