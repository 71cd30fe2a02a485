"""Run turns: one at a time per conversation, state and replies committed together, then sent."""
