"""Sign people in through the Bot Framework token service, and act on their behalf."""
