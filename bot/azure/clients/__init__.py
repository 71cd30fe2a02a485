"""The SDK's management clients, and Azure's refusals as plain values."""
