"""Checks of whether source and target go together, and whether the source can be used at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from knowledge.preflight.live.images import STANDARD, ImageTraits, read_definition_traits
from knowledge.preflight.live.live_context import LiveContext
from knowledge.preflight.live.live_rule import LiveRule
from knowledge.preflight.live.lookup import read_properties, read_text
from knowledge.preflight.live.planning import find_platform_image
from knowledge.preflight.live.references import TemplateReference

_UNSUPPORTED_SOURCES = frozenset({"trustedlaunch", "confidentialvm"})
_TRUSTED = "trustedlaunchsupported"
_DEPRECATED = frozenset({"deprecated", "scheduledfordeprecation"})


def check_plan(rule: LiveRule, reference: TemplateReference, context: LiveContext) -> Mapping[str, str] | None:
    """Find a Marketplace image with a purchase plan that the template doesn't have, or has wrong."""
    body = context.facts.get_body(find_platform_image(context.template, reference, context.facts))
    plan = read_properties(body).get("plan")
    if not isinstance(plan, dict):
        return None
    wanted = [read_text(plan, key) for key in ("name", "product", "publisher")]
    info = reference.place.node.get("planInfo") if reference.place.node else None
    nodes = [info.get(key) if info else None for key in ("planName", "planProduct", "planPublisher")]
    if info is not None and (info.is_unevaluated or any(node and node.is_unevaluated for node in nodes)):
        return None
    given = [node.text if node else "" for node in nodes]
    is_same = [text.lower() for text in given] == [text.lower() for text in wanted]
    return None if is_same or not all(wanted) else dict(zip(("name", "product", "publisher"), wanted, strict=True))


def check_deprecated(rule: LiveRule, reference: TemplateReference, context: LiveContext) -> Mapping[str, str] | None:
    """Find a Marketplace image that is deprecated, or will be."""
    body = context.facts.get_body(find_platform_image(context.template, reference, context.facts))
    status = read_properties(body).get("imageDeprecationStatus")
    if not isinstance(status, dict) or read_text(status, "imageState").lower() not in _DEPRECATED:
        return None
    return {"day": read_text(status, "scheduledDeprecationTime")[:10]}


def check_source_security(
    rule: LiveRule, reference: TemplateReference, context: LiveContext
) -> Mapping[str, str] | None:
    """Find a source whose security type can't be a source."""
    security = context.source.security if context.source else ""
    return {"value": security} if security.lower() in _UNSUPPORTED_SOURCES else None


def check_specialized(rule: LiveRule, reference: TemplateReference, context: LiveContext) -> Mapping[str, str] | None:
    """Find a definition, or a managed image, for specialized images."""
    is_source = reference.topic == "source"
    traits = context.source if is_source else read_definition_traits(reference, context.facts)
    return {} if traits and traits.state.lower() == "specialized" else None


def check_os(rule: LiveRule, reference: TemplateReference, context: LiveContext) -> Mapping[str, str] | None:
    """Find a target's definition for another operating system than the source's."""
    return _compare(reference, context, lambda traits: traits.os)


def check_generation(rule: LiveRule, reference: TemplateReference, context: LiveContext) -> Mapping[str, str] | None:
    """Find a target's definition of another Hyper-V generation than the source's."""
    return _compare(reference, context, lambda traits: traits.generation)


def check_security(rule: LiveRule, reference: TemplateReference, context: LiveContext) -> Mapping[str, str] | None:
    """Find a target's definition of which only one side is TrustedLaunchSupported."""
    values = _compare(reference, context, lambda traits: traits.security)
    if values is None:
        return None
    types = {values["source"].lower(), values["target"].lower()}
    # the generation has its own rule
    is_first_generation = context.source is not None and context.source.generation.upper() == "V1"
    return values if types == {_TRUSTED, STANDARD.lower()} and not is_first_generation else None


def _compare(
    reference: TemplateReference, context: LiveContext, read: Callable[[ImageTraits], str]
) -> Mapping[str, str] | None:
    """Return both values of a trait if source and target differ in it."""
    target = read_definition_traits(reference, context.facts)
    if context.source is None or target is None:
        return None
    values = read(context.source), read(target)
    if not all(values) or values[0].lower() == values[1].lower():
        return None
    return {"source": values[0], "target": values[1]}
