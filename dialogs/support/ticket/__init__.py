"""Filing a case as a ticket: contact form, classification, preview, confirmation."""
