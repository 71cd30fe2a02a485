"""What a live check works with: a template, what it refers to, and what's known about that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from knowledge.preflight.live.images import ImageTraits, read_source_traits
from knowledge.preflight.live.live_rule import LiveRule
from knowledge.preflight.live.lookup import LiveFacts
from knowledge.preflight.live.references import TemplateReference, list_references
from knowledge.preflight.live.resource_ids import normalize_region
from knowledge.preflight.preflight_input import CheckedTemplate


@dataclass(frozen=True)
class LiveContext:
    """A template, what it refers to, and what's known about that."""

    template: CheckedTemplate
    facts: LiveFacts

    @cached_property
    def references(self) -> list[TemplateReference]:
        """What the template refers to."""
        return list_references(self.template)

    @cached_property
    def source(self) -> ImageTraits | None:
        """The traits of the source; None if it couldn't be read."""
        return read_source_traits(self.template, self.references, self.facts)

    @property
    def region(self) -> str:
        """The template's region, in its short form."""
        return normalize_region(self.template.parsed.location)


LiveCheck = Callable[[LiveRule, TemplateReference, LiveContext], Mapping[str, str] | None]
"""Returns the values for the rule's texts if something is wrong with a reference, and None if nothing is."""
