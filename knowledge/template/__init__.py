"""Image templates: their ids, their JSON from Azure or from files, and the facts that follow."""
