"""What the sandbox shows, as declared: subscriptions, and a YAML file for each image template and its last run."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from bot.errors import StartError

StorageAccess = Literal["open", "no-data-role", "firewall", "group-deleted"]
"""How the staging group answers: readable, blobs without a data role, behind a network rule, or gone for good."""

LogName = Literal["customization.log", "validation.log"]

TENANT_ID = "0d7c5f21-9b3e-4c86-a1f4-6e25d80b97c3"

_TEMPLATES_FOLDER = Path(__file__).parents[1] / "templates"
_UUID_NAMESPACE = uuid.UUID("5b1f8c4e-2d6a-4f0b-9e37-a4c2d817f605")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class RunOutputSpec:
    """An artifact of the last run: the output's name, its id, its provisioning state."""

    name: str
    artifact: str
    state: str = "Succeeded"


@dataclass(frozen=True, slots=True)
class RunSpec:
    """The last run. `ended`: hours before the sandbox started.

    `minutes`: how long it took; None: as long as its logs. With `every`, the run ended not yet but goes on: it began
    `begun` minutes before the sandbox started, ends after `minutes`, and the next one begins `every` minutes after it.
    `logs` are acts for `bot.sandbox.builds.log_steps`, `form` the prefix of their lines. `earlier`: hours before this run at which
    older ones left their folders.
    """

    state: str
    sub_state: str
    message: str
    ended: float = 0.0
    minutes: float | None = None
    begun: float = 0.0
    every: float | None = None
    form: Literal["new", "old"] = "new"
    logs: Mapping[LogName, Sequence[Any]] = field(default_factory=dict)
    outputs: tuple[RunOutputSpec, ...] = ()
    earlier: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateSpec:
    """An image template. `properties` are Resource Manager's, without what the sandbox adds.

    `about` says in one line what happened, for whoever tries it out. `denied`: it may not be read. `throttled`: every
    other reading is refused with 429.
    """

    about: str
    subscription: str
    group: str
    name: str
    location: str
    properties: Mapping[str, Any]
    provisioning: Mapping[str, str]
    storage_access: StorageAccess
    last_run: RunSpec | None
    denied: bool = False
    throttled: bool = False

    @property
    def id(self) -> str:
        """The full resource id."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
            f"/providers/Microsoft.VirtualMachineImages/imageTemplates/{self.name}"
        )

    @property
    def is_windows(self) -> bool:
        """Whether its customizers are those of Windows."""
        return any(step["type"] == "PowerShell" for step in self.properties.get("customize", ()))

    @property
    def staging_group(self) -> str:
        """The name of its staging resource group."""
        return f"IT_{self.group}_{self.name}_{self.derive_guid('staging')}"

    @property
    def storage_account(self) -> str:
        """The storage account of its staging group: 24 lower-case letters and digits."""
        number = self._derive_uuid("account").int
        return "".join(_ALPHABET[number // 36**place % 36] for place in range(24))

    def derive_guid(self, purpose: str, cycle: int = 0) -> str:
        """A GUID that is always the same for the template, a purpose and the number of the run."""
        return str(self._derive_uuid(f"{purpose}/{cycle}"))

    def _derive_uuid(self, purpose: str) -> uuid.UUID:
        return uuid.UUID(bytes=uuid.uuid5(_UUID_NAMESPACE, f"{self.id}/{purpose}".lower()).bytes, version=4)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Subscriptions (id to name) and their templates, in order of their names.

    `elsewhere`: subscriptions (id to tenant) of other tenants.
    """

    subscriptions: Mapping[str, str]
    templates: tuple[TemplateSpec, ...]
    foreign_subscriptions: Mapping[str, str] = field(default_factory=dict)


@cache
def read_scenario(folder: Path = _TEMPLATES_FOLDER) -> Scenario:
    """The scenario of `folder`: the one that comes with the bot.

    Raises:
        StartError: when one of its files cannot be used.
    """
    known = _read_yaml(folder / "subscriptions.yaml")
    found = []
    for name, about in known.items():
        for path in sorted((folder / name).glob("*.yaml")):
            try:
                found.append(_parse_template(about["id"], path.stem, _read_yaml(path)))
            except (TypeError, KeyError, AttributeError) as error:
                raise StartError(f"The sandbox's file {path} cannot be used: {error!r}.") from error
    return Scenario(
        {about["id"]: about["name"] for about in known.values() if "tenant" not in about},
        tuple(found),
        {about["id"]: about["tenant"] for about in known.values() if "tenant" in about},
    )


def _read_yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise StartError(f"The sandbox's file {path} cannot be read: {error}") from error


def _parse_template(subscription: str, name: str, values: dict[str, Any]) -> TemplateSpec:
    run = values.pop("run", None)
    if run is not None:
        run["outputs"] = tuple(RunOutputSpec(**output) for output in run.get("outputs", ()))
        run["earlier"] = tuple(run.get("earlier", ()))
    return TemplateSpec(
        subscription=subscription,
        name=name,
        provisioning=values.pop("provisioning", {"state": "Succeeded"}),
        storage_access=values.pop("storage", "open"),
        last_run=RunSpec(**run) if run is not None else None,
        **values,
    )
