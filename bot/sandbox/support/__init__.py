"""A made-up support service."""
