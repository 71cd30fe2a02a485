"""The knowledge base's plain values and errors."""
