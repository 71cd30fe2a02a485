"""Read an image template from its JSON object, as written by Azure, one of its tools, or the author of a file.

Resource Manager nests a template's `properties`, and Azure CLI flattens them. Keys come in any case. What is missing,
null, empty, or of the wrong type leaves its field empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from knowledge.azure_times import format_time
from knowledge.model.errors import KnowledgeError
from knowledge.template.image_template import (
    Distributor,
    ErrorHandling,
    ImageSource,
    ImageTemplate,
    Network,
    OperatingSystem,
    Provisioning,
    TemplateStep,
    VmProfile,
)
from knowledge.template.run import Run
from knowledge.template.template_id import TemplateId
from knowledge.text.decoding import replace_lone_surrogates

MAX_ITEMS = 1000
"""How many items of a list to read; a template has at most a few dozen."""
_MAX_NUMBER = 2**53

_WINDOWS_PUBLISHERS = frozenset({"microsoftwindowsdesktop", "microsoftwindowsserver", "microsoftvisualstudio"})
_LINUX_PUBLISHERS = frozenset(
    {"canonical", "redhat", "suse", "debian", "credativ", "openlogic", "oracle", "almalinux", "resf", "kinvolk",
     "microsoftcblmariner"}
)  # fmt: skip
_LINUX_OFFERS = ("ubuntu", "linux", "rhel", "debian", "sles")
_WINDOWS_CUSTOMIZERS = frozenset({"powershell", "windowsrestart", "windowsupdate"})


class NoTemplateError(KnowledgeError):
    """A JSON document has no image template in it."""


def parse_template(resource: object, path: str = "") -> ImageTemplate:
    """Read the template in `resource`.

    `path` is the JSON path of `resource` in its document, "" if it's the whole document. Raise `NoTemplateError` if it
    isn't a JSON object.
    """
    if not isinstance(resource, Mapping):
        raise NoTemplateError(f"an image template is a JSON object, not {type(resource).__name__}")
    top = lower_keys(resource)
    is_nested = isinstance(top.get("properties"), Mapping)
    written: Mapping[str, Any] = top["properties"] if is_nested else resource
    properties = lower_keys(written) if is_nested else top
    vm = lower_keys(properties.get("vmprofile"))
    source = lower_keys(properties.get("source"))
    customizers = _read_steps(properties.get("customize"))
    error = lower_keys(properties.get("provisioningerror"))
    handling = lower_keys(properties.get("errorhandling"))
    tags = top.get("tags")
    return ImageTemplate(
        template_id=TemplateId.parse(read_text(top.get("id"))),
        name=read_text(top.get("name")),
        location=read_text(top.get("location")),
        tags={str(name): read_text(value) for name, value in tags.items()} if isinstance(tags, Mapping) else {},
        identities=_read_keys(lower_keys(top.get("identity")).get("userassignedidentities")),
        provisioning=Provisioning(
            read_text(properties.get("provisioningstate")),
            read_text(error.get("provisioningerrorcode")),
            read_text(error.get("message")),
        ),
        run=_read_run(lower_keys(properties.get("lastrunstatus"))),
        source=_read_source(source),
        customizers=customizers,
        validators=_read_steps(lower_keys(properties.get("validate")).get("invmvalidations")),
        distributors=tuple(_read_distributor(*item) for item in _iterate_objects(properties.get("distribute"))),
        vm=VmProfile(
            read_text(vm.get("vmsize")),
            _read_number(vm.get("osdisksizegb")) or None,
            _read_network(lower_keys(vm.get("vnetconfig"))),
            _read_texts(vm.get("userassignedidentities")),
        ),
        staging_group=read_text(properties.get("exactstagingresourcegroup")),
        requested_staging_group=read_text(properties.get("stagingresourcegroup")),
        build_timeout_minutes=_read_number(properties.get("buildtimeoutinminutes")),
        error_handling=ErrorHandling(
            read_text(handling.get("oncustomizererror")), read_text(handling.get("onvalidationerror"))
        ),
        optimizes_boot=_is_enabled(lower_keys(properties.get("optimize")).get("vmboot")),
        auto_run=_is_enabled(properties.get("autorun")),
        os=_detect_os(source, customizers),
        unevaluated=frozenset(
            key for part in (top, properties, vm) for key, value in part.items() if _is_expression(value)
        ),
        path=f"{path}.properties".lstrip(".") if is_nested else path,
        properties=written,
    )


def _read_run(run: Mapping[str, Any]) -> Run:
    return Run(
        read_text(run.get("runstate")),
        read_text(run.get("runsubstate")),
        format_time(read_text(run.get("starttime"))),
        format_time(read_text(run.get("endtime"))),
        read_text(run.get("message")),
    )


def _read_source(source: Mapping[str, Any]) -> ImageSource:
    urn = [read_text(source.get(part)) for part in ("publisher", "offer", "sku", "version")]
    ids = (read_text(source.get(key)) for key in ("imageversionid", "imageid", "sourceuri"))
    image = ":".join(urn) if all(urn[:3]) else next(filter(None, ids), "")
    return ImageSource(read_text(source.get("type")), image, read_text(source.get("exactversion")), source)


def _read_steps(value: object) -> tuple[TemplateStep, ...]:
    return tuple(
        TemplateStep(
            index,
            read_text(step.get("type")),
            read_text(step.get("name")),
            _read_texts(step.get("inline")),
            read_text(step.get("scripturi")) or read_text(step.get("sourceuri")),
            read_text(step.get("sha256checksum")),
            step,
        )
        for index, step in _iterate_objects(value)
    )


def _read_distributor(index: int, distributor: Mapping[str, Any]) -> Distributor:
    targets = (read_text(distributor.get(key)) for key in ("galleryimageid", "imageid", "uri"))
    return Distributor(
        index,
        read_text(distributor.get("type")),
        read_text(distributor.get("runoutputname")),
        next(filter(None, targets), ""),
        distributor,
    )


def _read_network(network: Mapping[str, Any]) -> Network | None:
    subnet_id = read_text(network.get("subnetid"))
    if not subnet_id:
        return None
    container_subnet_id, proxy = read_text(network.get("containerinstancesubnetid")), network.get("proxyvmsize")
    return Network(subnet_id, container_subnet_id, read_text(proxy))


def _detect_os(source: Mapping[str, Any], customizers: tuple[TemplateStep, ...]) -> OperatingSystem | None:
    publisher, offer = (read_text(source.get(part)).lower() for part in ("publisher", "offer"))
    if publisher in _WINDOWS_PUBLISHERS or "windows" in offer:
        return "windows"
    if publisher in _LINUX_PUBLISHERS or any(word in offer for word in _LINUX_OFFERS):
        return "linux"
    types = {customizer.type.lower() for customizer in customizers}
    if types & _WINDOWS_CUSTOMIZERS:
        return "windows"
    return "linux" if "shell" in types else None


def _is_enabled(value: object) -> bool:
    return read_text(lower_keys(value).get("state")).lower() == "enabled"


def _is_expression(value: object) -> bool:
    """Tell whether a value is an expression of a deployment template; `[[` begins a text with a bracket."""
    return isinstance(value, str) and value.startswith("[") and not value.startswith("[[") and value.endswith("]")


def _iterate_objects(value: object) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the JSON objects in a list, with their indexes and with keys in lower case."""
    for index, item in enumerate(value[:MAX_ITEMS] if isinstance(value, list) else ()):
        if isinstance(item, Mapping):
            yield index, lower_keys(item)


def lower_keys(value: object) -> Mapping[str, Any]:
    """Return a JSON object with its keys in lower case, and an empty one for any other value."""
    return {str(key).lower(): item for key, item in value.items()} if isinstance(value, Mapping) else {}


def _read_keys(value: object) -> tuple[str, ...]:
    return tuple(read_text(key) for key in list(value)[:MAX_ITEMS]) if isinstance(value, Mapping) else ()


def _read_texts(value: object) -> tuple[str, ...]:
    return tuple(read_text(item) for item in value[:MAX_ITEMS]) if isinstance(value, list) else ()


def read_text(value: object) -> str:
    """Return a text, or a number as text; "" for any other value."""
    if isinstance(value, str):
        return replace_lone_surrogates(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -_MAX_NUMBER < value < _MAX_NUMBER:
        return ""
    return str(value)


def _read_number(value: object) -> int | None:
    """Return a whole number from 0 on, written as a number or as text, as in `--query` output and hand-made files."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        return int(value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 <= value < _MAX_NUMBER else None  # type: ignore[operator,return-value]
