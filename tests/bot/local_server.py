"""A web application on a free port of this machine."""

from __future__ import annotations

from aiohttp import web


async def serve(app: web.Application | web.AppRunner) -> tuple[web.AppRunner, str]:
    runner = app if isinstance(app, web.AppRunner) else web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"
