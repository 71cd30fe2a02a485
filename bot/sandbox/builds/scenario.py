"""The sandbox's content as declared in YAML: subscriptions, and one file for each image template and its last run."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from bot.errors import StartError
from bot.sandbox.builds.log_writer import LogFormat

StorageAccess = Literal["open", "no-data-role", "firewall", "group-deleted"]
"""How the staging group's storage responds.

It is readable, refuses blobs because a data role is missing, is behind a network rule, or was deleted with its group.
"""

LogName = Literal["customization.log", "validation.log"]

IdentityKind = Literal["assigned", "removed", "missing"]
"""Whether a template has its identity, had it removed, or never had one, as the first versions of the API allowed."""

TENANT_ID = "0d7c5f21-9b3e-4c86-a1f4-6e25d80b97c3"

_TEMPLATES_FOLDER = Path(__file__).parents[1] / "templates"
_UUID_NAMESPACE = uuid.UUID("5b1f8c4e-2d6a-4f0b-9e37-a4c2d817f605")
_ECHOING_STEPS = ("powershell", "hanging-powershell")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class RunOutputSpec:
    """An artifact of the last run: the output's name and the artifact's resource id."""

    name: str
    artifact: str


@dataclass(frozen=True, slots=True)
class TriggerSpec:
    """A trigger of a template: it builds the image again when its source image has a new version."""

    name: str


@dataclass(frozen=True, slots=True)
class RunSpec:
    """The last run of a template, or one that repeats.

    Attributes:
        state: The run state after the end, as Azure names it.
        message: The status message after the end, with placeholders.
        ended_hours_ago: When the run ended, in hours before the sandbox started.
        duration_minutes: How long the run takes; None: as long as its logs.
        started_minutes_ago: For a repeating run, when it started, in minutes before the sandbox started.
        repeat_minutes: If set, the run is still in progress at the start, and another one starts after each interval.
        log_format: The format of the log lines.
        logs: The steps that write each log; `bot.sandbox.builds.log_steps` names them.
        outputs: What the run produced.
        earlier_run_hours: Ages of the older runs whose log folders still exist, in hours before this run.
    """

    state: str
    message: str
    ended_hours_ago: float = 0.0
    duration_minutes: float | None = None
    started_minutes_ago: float = 0.0
    repeat_minutes: float | None = None
    log_format: LogFormat = "new"
    logs: Mapping[LogName, Sequence[Any]] = field(default_factory=dict)
    outputs: tuple[RunOutputSpec, ...] = ()
    earlier_run_hours: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class TemplateSpec:
    """An image template.

    Attributes:
        subscription: The subscription's id.
        group: The name of its resource group.
        name: The template's name.
        location: The Azure region.
        properties: Resource Manager's properties, without those that the sandbox computes.
        provisioning: The provisioning state, and the error code and message if it failed.
        storage_access: How its staging group's storage responds.
        last_run: Its last run; None if it has never run.
        identity: Whether the template has an identity.
        tags: Its tags.
        triggers: Its triggers.
        denied: Whether the caller has no role that can read it.
        throttled: Whether every other request for it is refused with 429.
    """

    subscription: str
    group: str
    name: str
    location: str
    properties: Mapping[str, Any]
    provisioning: Mapping[str, str]
    storage_access: StorageAccess
    last_run: RunSpec | None
    identity: IdentityKind = "assigned"
    tags: Mapping[str, str] = field(default_factory=lambda: {"purpose": "sandbox"})
    triggers: tuple[TriggerSpec, ...] = ()
    denied: bool = False
    throttled: bool = False

    @property
    def id(self) -> str:
        """Return the full resource id."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
            f"/providers/Microsoft.VirtualMachineImages/imageTemplates/{self.name}"
        )

    @property
    def is_windows(self) -> bool:
        """Return whether the template has a PowerShell customizer."""
        return any(step["type"] == "PowerShell" for step in self.properties.get("customize", ()))

    @property
    def staging_group(self) -> str:
        """Return the name of the staging resource group."""
        return f"IT_{self.group}_{self.name}_{self.derive_guid('staging')}"

    @property
    def storage_account(self) -> str:
        """Return the name of the storage account in the staging group: 24 lower-case letters and digits."""
        number = self._derive_uuid("account").int
        return "".join(_ALPHABET[number // 36**place % 36] for place in range(24))

    def derive_guid(self, purpose: str, cycle: int = 0) -> str:
        """Return a GUID that is always the same for this template, the purpose, and the number of the run."""
        return str(self._derive_uuid(f"{purpose}/{cycle}"))

    def _derive_uuid(self, purpose: str) -> uuid.UUID:
        # marked as version 4, since Azure's GUIDs are random
        return uuid.UUID(bytes=uuid.uuid5(_UUID_NAMESPACE, f"{self.id}/{purpose}".lower()).bytes, version=4)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything that a sandbox shows.

    Attributes:
        subscriptions: The names of the subscriptions by id.
        templates: Their templates, sorted by name within each subscription.
        foreign_subscriptions: Subscriptions of other tenants: the tenant's id by subscription id.
    """

    subscriptions: Mapping[str, str]
    templates: tuple[TemplateSpec, ...]
    foreign_subscriptions: Mapping[str, str] = field(default_factory=dict)


@cache  # the server and the support API read the same files
def read_scenario(folder: Path = _TEMPLATES_FOLDER) -> Scenario:
    """Read the scenario in `folder`; by default the one that comes with the bot.

    Raises:
        StartError: One of its files can't be read or used.
    """
    subscriptions = _read_yaml(folder / "subscriptions.yaml")
    templates = []
    for folder_name, subscription in subscriptions.items():
        for path in sorted((folder / folder_name).glob("*.yaml")):
            try:
                templates.append(_parse_template(subscription["id"], path.stem, _read_yaml(path)))
            except (TypeError, KeyError, AttributeError) as error:
                raise StartError(f"The sandbox's file {path} cannot be used: {error!r}.") from error
    return Scenario(
        {s["id"]: s["name"] for s in subscriptions.values() if "tenant" not in s},
        tuple(templates),
        {s["id"]: s["tenant"] for s in subscriptions.values() if "tenant" in s},
    )


def _read_yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise StartError(f"The sandbox's file {path} cannot be read: {error}") from error


def _parse_template(subscription: str, name: str, values: dict[str, Any]) -> TemplateSpec:
    values.pop("about")  # required, but only for people who read the file
    run = values.pop("run", None)
    if run is not None:
        _fill_in_scripts(values["properties"].get("customize", ()), run.get("logs", {}).get("customization.log", ()))
        run["outputs"] = tuple(RunOutputSpec(**output) for output in run.get("outputs", ()))
        run["earlier_run_hours"] = tuple(run.get("earlier_run_hours", ()))
    return TemplateSpec(
        subscription=subscription,
        name=name,
        provisioning=values.pop("provisioning", {"state": "Succeeded"}),
        storage_access=values.pop("storage", "open"),
        last_run=RunSpec(**run) if run is not None else None,
        triggers=tuple(map(TriggerSpec, values.pop("triggers", ()))),
        **values,
    )


def _fill_in_scripts(customizers: Sequence[dict[str, Any]], log_steps: Sequence[Any]) -> None:
    """Give the PowerShell customizers the scripts that the log echoes: the files have each of them once."""
    echoed = [step[kind] for step in log_steps if isinstance(step, dict) for kind in _ECHOING_STEPS if kind in step]
    for customizer, step in zip((one for one in customizers if one["type"] == "PowerShell"), echoed, strict=False):
        if "inline" in customizer and "source" in step:
            customizer["inline"] = step["source"].splitlines()
