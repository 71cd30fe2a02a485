"""The checks that a rule's data can't express. A rule names one as its `predicate`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from knowledge.catalog.breaking_dates import BreakingDate, load_breaking_dates
from knowledge.preflight.file_checks import (
    find_early_definition,
    find_looping_trigger,
    find_trigger_elsewhere,
    find_trigger_with_fixed_source,
    find_trigger_with_fixed_target,
    find_unsuitable_security_type,
)
from knowledge.preflight.place import Place, list_places
from knowledge.preflight.positioned_json import JsonNode
from knowledge.preflight.predicate import Predicate, PredicateContext, PredicateHit
from knowledge.preflight.preflight_input import CheckedTemplate
from knowledge.preflight.property_checks import (
    PropertyFault,
    find_misspelled,
    find_read_only,
    find_too_new,
)
from knowledge.preflight.script_predicates import SCRIPT_PREDICATES
from knowledge.preflight.step_checks import (
    Scripts,
    find_early_apt,
    find_other_checksum,
    find_quick_steps,
    find_update_after_install,
    find_update_without_restart,
)
from knowledge.template.vm_size import count_vcpus

_PLACEHOLDER = re.compile(r"<[A-Za-z][\w .-]{0,60}>")
_TOKEN = re.compile(
    r"__[A-Za-z][\w.-]{1,60}__|#\{[\w.-]{1,60}\}#?|\{\{\s*[\w.-]{1,60}\s*\}\}|\$\([A-Za-z][\w.]{1,60}\)"
)
_FREE_TEXT_KEYS = frozenset(
    {
        "inline",
        "filters",
        "searchCriteria",
        "restartCheckCommand",
        "restartCommand",
        "artifactTags",
        "managedResourceTags",
    }
)
_SAS_EXPIRY = re.compile(r"[?&]se=([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MIN_CPUS_FOR_WINDOWS = 2


def find_placeholders(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find `<…>` in what Azure reads: names, IDs, addresses, regions."""
    return _find_in_texts(template, _PLACEHOLDER)


def find_tokens(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find what a pipeline should have replaced: `__x__`, `#{x}#`, `{{x}}`, `$(x)`."""
    return _find_in_texts(template, _TOKEN)


def find_undeclared_names(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find expressions that name a parameter or a variable that the template doesn't declare."""
    resource = template.resource
    for key, node in resource.members.items():
        for place in _iterate_values(Place(f"{template.path}.{key}", key, node, resource, resource)):
            if place.node is not None and place.node.is_undeclared:
                yield PredicateHit(place, {"value": str(place.node.value)})


def find_small_windows_vm(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find a build VM with one vCPU for Windows."""
    for place in list_places(template, "properties.vmProfile.vmSize"):
        cpus = count_vcpus(place.node.text) if place.node else None
        if cpus is not None and cpus < _MIN_CPUS_FOR_WINDOWS:
            yield PredicateHit(place, {"value": place.node.text if place.node else ""})


def find_retiring_size(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find a VM size that Azure will retire."""
    return _find_sizes(template, lambda found: found.day > context.today)


def find_retired_size(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find a VM size whose announced retirement date has passed."""
    return _find_sizes(template, lambda found: found.day <= context.today)


def find_expired_sas(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find an address whose shared access signature has expired."""
    return _find_sas(template, lambda day: day < context.today)


def find_other_network(template: CheckedTemplate, context: PredicateContext) -> Iterator[PredicateHit]:
    """Find a subnet for containers that's in another virtual network than the build VM's."""
    for place in list_places(template, "properties.vmProfile.vnetConfig.containerInstanceSubnetId"):
        build = place.parent.get("subnetId")
        networks = [_read_network(node.text) for node in (build, place.node) if node is not None]
        if len(networks) == 2 and all(networks) and networks[0] != networks[1]:
            yield PredicateHit(place)


def _adapt_check(find: Callable[[CheckedTemplate], Iterator[PropertyFault]]) -> Predicate:
    return lambda template, context: map(_convert, find(template))


def _adapt_step_check(find: Callable[[CheckedTemplate, Scripts], Iterator[PropertyFault]]) -> Predicate:
    return lambda template, context: map(_convert, find(template, context.scripts))


PREDICATES: Mapping[str, Predicate] = {
    "placeholder": find_placeholders,
    "pipeline-token": find_tokens,
    "undeclared-name": find_undeclared_names,
    "small-windows-vm": find_small_windows_vm,
    "retiring-size": find_retiring_size,
    "retired-size": find_retired_size,
    "expired-sas": find_expired_sas,
    "update-without-restart": _adapt_step_check(find_update_without_restart),
    "update-after-install": _adapt_step_check(find_update_after_install),
    "early-apt": _adapt_step_check(find_early_apt),
    "quick-steps": _adapt_step_check(find_quick_steps),
    "other-checksum": _adapt_step_check(find_other_checksum),
    "other-network": find_other_network,
    "misspelled-property": _adapt_check(find_misspelled),
    "property-too-new": _adapt_check(find_too_new),
    "read-only-property": _adapt_check(find_read_only),
    "trigger-with-fixed-source": _adapt_check(find_trigger_with_fixed_source),
    "trigger-with-fixed-target": _adapt_check(find_trigger_with_fixed_target),
    "trigger-elsewhere": _adapt_check(find_trigger_elsewhere),
    "looping-trigger": _adapt_check(find_looping_trigger),
    "unsuitable-security-type": _adapt_check(find_unsuitable_security_type),
    "early-definition": _adapt_check(find_early_definition),
    **SCRIPT_PREDICATES,
}
"""The predicates by their names in rules."""


def _read_network(subnet_id: str) -> str:
    network, separator, _ = subnet_id.lower().rpartition("/subnets/")
    return network if separator and "<" not in network else ""


def _convert(fault: PropertyFault) -> PredicateHit:
    return PredicateHit(fault.place, fault.values, start=fault.start, edits=fault.edits)


def _find_in_texts(template: CheckedTemplate, pattern: re.Pattern[str]) -> Iterator[PredicateHit]:
    resource = template.resource
    for key, node in resource.members.items():
        if key not in ("tags", "comments", "metadata"):
            root = Place(f"{template.path}.{key}", key, node, resource, resource)
            for place in _iterate_texts(root):
                text = place.node.text if place.node else ""
                if match := pattern.search(text):
                    yield PredicateHit(place, {"value": match[0]})
    identities = template.parsed.identities
    block = resource.get("identity")
    members = (block.get("userAssignedIdentities") if block else None) or JsonNode({}, 0, 0)
    for name in identities:
        match = pattern.search(name)
        if match and name in members.members:
            node = members.members[name]
            place = Place(f"{template.path}.identity.userAssignedIdentities['{name}']", name, node, members, members)
            yield PredicateHit(place, {"value": match[0]}, start=max(node.key_start, 0))


def _iterate_texts(place: Place) -> Iterator[Place]:
    """Yield the texts that Azure reads, without scripts and tags."""
    for inner in _iterate_values(place, skipped=_FREE_TEXT_KEYS):
        if inner.node is not None and inner.node.text:
            yield inner


def _iterate_values(place: Place, skipped: frozenset[str] = frozenset()) -> Iterator[Place]:
    """Yield the place of every plain value, and of every expression."""
    node = place.node
    if node is None or place.key in skipped:
        return
    if isinstance(node.value, dict):
        for key, item in node.members.items():
            yield from _iterate_values(Place(f"{place.path}.{key}", key, item, node, node), skipped)
    elif isinstance(node.value, list):
        for index, item in enumerate(node.items):
            yield from _iterate_values(Place(f"{place.path}[{index}]", place.key, item, node, item), skipped)
    else:
        yield place


def _find_sizes(template: CheckedTemplate, is_wanted: Callable[[BreakingDate], bool]) -> Iterator[PredicateHit]:
    for place in list_places(template, "properties.vmProfile.{vmSize,vnetConfig.proxyVmSize}"):
        size = place.node.text if place.node else ""
        for found in load_breaking_dates():
            if size and found.concerns(size) and is_wanted(found):
                yield PredicateHit(place, {"value": size, "day": found.day.isoformat()})


def _find_sas(template: CheckedTemplate, is_wanted: Callable[[date], bool]) -> Iterator[PredicateHit]:
    for place in list_places(template, "properties.customize[*].{scriptUri,sourceUri}"):
        match = _SAS_EXPIRY.search(place.node.text) if place.node else None
        if match is None:
            continue
        try:
            day = date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            continue
        if is_wanted(day):
            yield PredicateHit(place, {"day": day.isoformat()})
