"""What a live check has to look up in Azure, as data, and what became of it. Reading is up to the caller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Topic = Literal["source", "target", "identity", "network", "staging", "roles", "storage"]
"""What a lookup is about, for the sentence about what couldn't be looked at."""
Outcome = Literal[
    "found",
    "missing",  # Azure says that there's no such resource
    "denied",  # 403: the person's roles don't include the read
    "hidden",  # the subscription is another tenant's, or isn't visible to the person
    "not-allowed",  # the subscription isn't on the operator's list
    "too-slow",  # no answer in time
    "busy",  # 429
    "trouble",  # any other error
    "too-many",  # more lookups than are made for one check
    "unnamed",  # the template's ID can't be read, such as an expression
]
MAX_LOOKUPS = 20
"""How many requests one check makes at most."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A resource, or a list of them, to read from Resource Manager.

    Attributes:
        path: Its resource ID, with names as they are; they consist of harmless characters only.
        query: The parameters of the request.
    """

    path: str
    topic: Topic
    query: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LookupAnswer:
    """What became of a lookup. `body` is Azure's JSON if it was found; it's untrusted."""

    outcome: Outcome
    body: Any = None


@dataclass(slots=True)
class LiveFacts:
    """The answers so far, by lookup."""

    answers: dict[Lookup, LookupAnswer] = field(default_factory=dict)

    def find(self, path: str) -> LookupAnswer | None:
        """Return the answer for a path, in any case; None if it wasn't looked up."""
        wanted = path.lower()
        return next((answer for lookup, answer in self.answers.items() if lookup.path.lower() == wanted), None)

    def get_body(self, path: str) -> Mapping[str, Any] | None:
        """Return the JSON object that was found at a path; None if there's none, or it isn't known."""
        answer = self.find(path)
        return answer.body if answer and answer.outcome == "found" and isinstance(answer.body, dict) else None

    def list_bodies(self, path: str) -> list[Mapping[str, Any]] | None:
        """Return the objects of the list at a path, which may be bare or have pages; None if it isn't known."""
        answer = self.find(path)
        if answer is None or answer.outcome != "found":
            return None
        items = answer.body.get("value") if isinstance(answer.body, dict) else answer.body
        return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else None

    def is_missing(self, path: str) -> bool:
        """Tell whether Azure says that there's nothing at a path."""
        answer = self.find(path)
        return answer is not None and answer.outcome == "missing"

    def iterate_failures(self) -> Iterator[tuple[Lookup, Outcome]]:
        """Yield the lookups that say nothing about the resource."""
        for lookup, answer in self.answers.items():
            if answer.outcome not in ("found", "missing"):
                yield lookup, answer.outcome


def read_properties(body: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return a resource's properties; empty if there are none."""
    properties = body.get("properties") if body else None
    return properties if isinstance(properties, dict) else {}


def read_text(values: Mapping[str, Any] | None, key: str) -> str:
    """Return a text in a JSON object; "" if it's missing, or something else."""
    value = values.get(key) if values else None
    return value if isinstance(value, str) else ""


def read_objects(values: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Return the objects of a list in a JSON object."""
    items = values.get(key)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
