"""Read the recorded exchanges."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Exchange:
    """A request and what Azure answered."""

    recording: str
    number: int
    method: str
    url: str
    status: int
    headers: dict[str, list[str]] = field(hash=False)
    body: Any = field(hash=False)
    request: Any = field(default=None, hash=False)

    @property
    def name(self) -> str:
        """Name the exchange in the report of a failed test."""
        return f"{self.recording} {self.number} {self.method}"

    @property
    def path(self) -> str:
        """Return the path without the query."""
        return urlsplit(self.url).path

    @property
    def address(self) -> str:
        """Return the path with the query."""
        return self.url.removeprefix("https://management.azure.com")

    @property
    def api_version(self) -> str:
        """Return the version of the API that was asked."""
        return parse_qs(urlsplit(self.url).query)["api-version"][0]

    @property
    def templates(self) -> list[dict[str, Any]]:
        """Return the image templates in the answer."""
        listed = self.body.get("value", [self.body]) if isinstance(self.body, dict) else []
        return [found for found in listed if str(found.get("type", "")).endswith("/imageTemplates")]


@cache
def read_exchanges(name: str) -> tuple[Exchange, ...]:
    """Read the exchanges in a file of this folder."""
    lines = Path(__file__).with_name(f"{name}.jsonl").read_text("utf-8").splitlines()
    return tuple(Exchange(**json.loads(line)) for line in lines)
