"""A local stand-in for Azure Resource Manager and Storage, with image templates whose runs went in different ways.

The bot talks to it through the real Azure clients, over HTTPS, so that everything can be tried without a subscription.
`templates/` holds what it shows, a file for each template; `bot.sandbox.server` starts it.
"""
