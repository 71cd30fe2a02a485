"""A local HTTPS server that imitates Azure Resource Manager, Storage, and Support.

The bot reads it through the real Azure clients, so you can try everything without a subscription.
`templates/` has one YAML file for each image template that it shows; `bot.sandbox.server` starts it.
"""
