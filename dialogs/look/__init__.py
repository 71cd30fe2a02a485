"""The conversation around the live template: what is asked of Azure, with whose leave, and what the answer says."""
