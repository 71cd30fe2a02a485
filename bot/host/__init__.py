"""The process: settings, services, HTTP server, test client."""
