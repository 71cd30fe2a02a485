"""Image templates: their ids, what Azure and files say of them as JSON, and the facts that follow."""
