"""Find secrets and identifiers in text and hide them."""
