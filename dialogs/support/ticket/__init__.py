"""File a case as a ticket: contact, classification, preview, confirmation."""
