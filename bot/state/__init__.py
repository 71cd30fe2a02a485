"""Where conversations are stored: SQLite or Blob Storage."""
