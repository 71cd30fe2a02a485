"""Sign people in through the Bot Framework token service, and read Azure on their behalf."""
