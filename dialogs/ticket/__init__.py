"""Filing a case as a support ticket: contact, preview, an explicit yes, and what came of it."""
