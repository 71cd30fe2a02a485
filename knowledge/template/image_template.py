"""An image template as plain values, and the facts that rules, commands, and support cases take from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from knowledge.azure_names import get_last_segment
from knowledge.template.run import DEFAULT_TIMEOUT_MINUTES, Run
from knowledge.template.template_id import TemplateId
from knowledge.template.vm_size import count_vcpus

OperatingSystem = Literal["windows", "linux"]

_SHOWN_FACTS = (
    "template",
    "resource_group",
    "subscription",
    "region",
    "run_state",
    "run_sub_state",
    "run_started",
    "run_ended",
    "provisioning_state",
    "error_code",
    "vm_size",
    "build_timeout",
    "staging_resource_group",
    "source_image",
    "identities",
)
"""The facts that people see; the others are for rules only."""
_FACT_TEXT = r"[0-9A-Za-z_ .,:/()@+-]{1,300}"
"""What a fact may consist of: names, states, and ids, but neither a message nor a template expression."""


@dataclass(frozen=True, slots=True)
class ImageSource:
    """What the image is made from. `image` is a URN (`publisher:offer:sku:version`) or an id; `fields` has the rest."""

    type: str = ""
    image: str = ""
    exact_version: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    def describe(self) -> str:
        """Return the source on one line, with the exact version that the run used."""
        text = self.image
        # for a gallery image, the exact version is a resource id that ends with it
        version = get_last_segment(self.exact_version)
        if text and version and not text.endswith((f":{version}", f"/{version}")):
            text = f"{text} ({version})"
        return " ".join((text or self.type).split())


@dataclass(frozen=True, slots=True)
class TemplateStep:
    """A customizer or a validator: its place in the list, from 0, and what it runs, which may contain secrets."""

    index: int
    type: str
    name: str = ""
    inline: tuple[str, ...] = field(default=(), repr=False)
    script_uri: str = field(default="", repr=False)
    sha256: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class Distributor:
    """A target of the image: its place in the list, from 0. `target` is an image's, a gallery's, or a VHD's address."""

    index: int
    type: str
    run_output_name: str = ""
    target: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class Network:
    """The subnets in which a build with its own network runs."""

    subnet_id: str = ""
    container_subnet_id: str = ""
    proxy_vm_size: str = ""


@dataclass(frozen=True, slots=True)
class VmProfile:
    """The build VM; `size` is "" and the disk None for Image Builder's defaults."""

    size: str = ""
    os_disk_gb: int | None = None
    network: Network | None = None
    identities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provisioning:
    """Whether the template itself could be submitted, in Azure's words."""

    state: str = ""
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class ErrorHandling:
    """What happens to the build VM when a step fails: `cleanup` or `abort`, "" for the default."""

    on_customizer_error: str = ""
    on_validation_error: str = ""


@dataclass(frozen=True, slots=True)
class ImageTemplate:
    """An image template, as returned by Azure, or from a file that Azure hasn't seen yet. Its texts aren't redacted.

    Attributes:
        template_id: Where it is; None for a file.
        identities: The ids of its user-assigned identities.
        staging_group: The resource group that the build uses; `requested_staging_group` is the one the template asks
        for.
        build_timeout_minutes: The limit as written, None if missing; `timeout_minutes` is the one that counts.
        optimizes_boot: Whether it asks for boot time optimization.
        auto_run: Whether it's built as soon as it's created.
        os: The image's operating system, None if it can't be inferred.
        unevaluated: The keys, in lower case, whose values are expressions of a deployment template.
        path: The JSON path of its properties in the document, such as `resources[0].properties`, "" for the document.
        properties: Everything that it says, as written.
    """

    template_id: TemplateId | None = None
    name: str = ""
    location: str = ""
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    identities: tuple[str, ...] = ()
    provisioning: Provisioning = Provisioning()
    run: Run = field(default_factory=Run)
    source: ImageSource = field(default_factory=ImageSource)
    customizers: tuple[TemplateStep, ...] = ()
    validators: tuple[TemplateStep, ...] = ()
    distributors: tuple[Distributor, ...] = ()
    vm: VmProfile = VmProfile()
    staging_group: str = ""
    requested_staging_group: str = ""
    build_timeout_minutes: int | None = None
    error_handling: ErrorHandling = ErrorHandling()
    optimizes_boot: bool = False
    auto_run: bool = False
    os: OperatingSystem | None = None
    unevaluated: frozenset[str] = frozenset()
    path: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    @property
    def timeout_minutes(self) -> int:
        """The number of minutes that a run may take."""
        return self.build_timeout_minutes or DEFAULT_TIMEOUT_MINUTES

    @property
    def has_failed(self) -> bool:
        """Whether the last run failed or was canceled, or the template couldn't be created."""
        has_run_failed = self.run.outcome in ("failed", "canceled") and not self.run.is_running
        return has_run_failed or self.provisioning.state.casefold() == "failed"

    def compute_facts(self, now: str | None = None) -> dict[str, str | int]:
        """Return the facts by name, without those that the template doesn't give.

        `now` (UTC, ISO 8601) measures a run that hasn't ended. `run_share` is the percentage of the time limit used.
        """
        seconds = self.run.compute_seconds(now)
        source = self.source.describe()
        names = self.template_id.to_facts() if self.template_id else {}
        facts: dict[str, str | int | None] = {
            "template": self.name,
            "region": self.location,
            "run_state": self.run.state,
            "run_sub_state": self.run.sub_state,
            "run_started": self.run.started,
            "run_ended": self.run.ended,
            "provisioning_state": self.provisioning.state,
            "error_code": self.provisioning.code,
            "vm_size": self.vm.size,
            "build_timeout": self._unless_unevaluated(self.timeout_minutes, "buildtimeoutinminutes"),
            "staging_resource_group": get_last_segment(self.staging_group),
            "source_image": source,
            "identities": self._unless_unevaluated(len(self.identities), "identity"),
            "run_minutes": None if seconds is None else seconds // 60,
            "run_share": None if seconds is None else seconds * 100 // (self.timeout_minutes * 60),
            "vm_cpus": count_vcpus(self.vm.size),
            "own_network": self._unless_unevaluated("yes" if self.vm.network else "no", "vmprofile", "vnetconfig"),
            "os": self.os,
            "customizers": self._unless_unevaluated(len(self.customizers), "customize"),
        }
        known = {name: value for name, value in facts.items() if value is not None and _is_fact(value)}
        return {**known, **names}

    def compute_shown_facts(self) -> dict[str, str | int]:
        """Return the facts that diagnoses, commands of steps, and support cases share."""
        facts = self.compute_facts()
        return {name: facts[name] for name in _SHOWN_FACTS if name in facts}

    def _unless_unevaluated(self, value: str | int, *keys: str) -> str | int | None:
        return value if self.unevaluated.isdisjoint(keys) else None


def _is_fact(value: str | int) -> bool:
    return not isinstance(value, str) or re.fullmatch(_FACT_TEXT, value) is not None
