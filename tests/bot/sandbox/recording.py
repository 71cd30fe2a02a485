"""A sandbox that records the requests it receives."""

from __future__ import annotations

from aiohttp import web

from bot.sandbox.credentials import SandboxTokens
from bot.sandbox.request_guard import RequestGuard
from bot.sandbox.server import Sandbox


class RecordingGuard(RequestGuard):
    """Records each request, refused ones included, as `METHOD path`."""

    def __init__(self, tokens: SandboxTokens) -> None:
        super().__init__(tokens)
        self.request_log: list[str] = []

    def _check_request(self, request: web.Request, is_management: bool) -> None:
        self.request_log.append(f"{request.method} {request.path}")
        super()._check_request(request, is_management)


class RecordingSandbox(Sandbox):
    """A sandbox with a recording guard, from its start on."""

    guard: RecordingGuard

    def _build_guard(self, tokens: SandboxTokens) -> RequestGuard:
        self.guard = RecordingGuard(tokens)
        return self.guard
