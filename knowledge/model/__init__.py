"""Plain values of the knowledge base, and its errors."""
