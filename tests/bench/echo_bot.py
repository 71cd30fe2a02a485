"""The SDK's echo bot as in its documentation: the stock adapter, with no code of this project.

`python -m tests.bench.echo_bot PORT` serves it on 127.0.0.1 until it is told to stop. It keeps no state.
"""

from __future__ import annotations

import sys
from typing import Any

from aiohttp import web
from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication

LARGEST_BODY = 1_500_000  # bytes


class Configuration:
    """No credentials, so the adapter lets every caller in and needs no token."""

    APP_ID = ""
    APP_PASSWORD = ""
    APP_TYPE = "MultiTenant"
    APP_TENANTID = ""


class EchoBot(ActivityHandler):
    """Says what it was told."""

    async def on_message_activity(self, turn_context: TurnContext) -> Any:
        return await turn_context.send_activity(f"Echo: {turn_context.activity.text}")


def build_app() -> web.Application:
    """The bot as a web application."""
    adapter, bot = CloudAdapter(ConfigurationBotFrameworkAuthentication(Configuration())), EchoBot()

    async def messages(request: web.Request) -> web.Response:
        return await adapter.process(request, bot)

    app = web.Application(client_max_size=LARGEST_BODY)
    app.router.add_post("/api/messages", messages)
    return app


if __name__ == "__main__":
    web.run_app(build_app(), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
