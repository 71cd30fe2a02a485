"""Facts that speak for or against an entry (`confirming.yaml`): what a template's status says beside any text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from knowledge.catalog.yaml_section import Section, Trail, YamlFile
from knowledge.model.diagnosis import Match
from knowledge.model.entry import Entry, Language, LocalText
from knowledge.model.errors import EntriesInvalid

RULES = Path(__file__).parents[1] / "confirming.yaml"

FACTS: Mapping[str, Literal["word", "number"]] = {
    "provisioning_state": "word",
    "provisioning_code": "word",
    "run_state": "word",
    "run_sub_state": "word",
    "run_minutes": "number",
    "run_share": "number",  # of the build's time limit, in per cent
    "timeout": "number",  # minutes
    "vm_cpus": "number",
    "identities": "number",
    "own_network": "word",
    "os": "word",
    "customizers": "number",
}
"""The facts that rules may speak of, and what kind of value each has. Words are compared in lower case."""

Side = Literal["for", "against"]
_CONDITION = ("is", "at_least", "below", "says")
_RULE = ("entries", "fact", "for", "against", "suggests")


@dataclass(frozen=True, slots=True)
class Condition:
    """When a fact's value counts: it is one of `words`, or a number of at least one and below the other."""

    words: tuple[str, ...]
    at_least: int | None
    below: int | None
    says: LocalText

    def holds(self, value: str | int) -> bool:
        """Whether `value` counts."""
        if isinstance(value, str):
            return value in self.words
        low = self.at_least is None or value >= self.at_least
        return low and (self.below is None or value < self.below)


@dataclass(frozen=True, slots=True)
class Rule:
    """What one fact says of some entries. `suggests`: the fact alone makes them possible, without any text."""

    entries: tuple[str, ...]
    fact: str
    speaks_for: Condition | None
    against: Condition | None
    suggests: bool = False


@dataclass(frozen=True, slots=True)
class Spoken:
    """A fact that speaks for or against an entry, in words."""

    fact: str
    side: Side
    says: LocalText


@dataclass(frozen=True, slots=True)
class Weighed:
    """An entry and what the facts say of it; `unseen` are the facts that would, but are not known."""

    entry: str
    spoken: tuple[Spoken, ...]
    unseen: tuple[str, ...]

    @property
    def refuted(self) -> bool:
        """Whether more facts speak against it than for it."""
        against = sum(one.side == "against" for one in self.spoken)
        return 2 * against > len(self.spoken)


class Confirming:
    """Weighs what a text speaks for by what is known beside it."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)

    def weigh(
        self,
        matches: Sequence[Match],
        facts: Mapping[str, str | int],
        entries: Mapping[str, Entry],
        language: Language,
        suggest: bool = True,
    ) -> tuple[tuple[Weighed, ...], tuple[Match, ...]]:
        """What the facts say of each match, and the matches in their new order.

        A match that is refuted, and not certain, goes behind the others; what facts alone suggest, where
        they may (`suggest`), comes last, as possible.
        """
        listed = [match.entry for match in matches]
        for rule in self.rules:
            value = facts.get(rule.fact)
            if suggest and rule.suggests and rule.speaks_for and value is not None and rule.speaks_for.holds(value):
                listed += [name for name in rule.entries if name in entries and name not in listed]
        known = {match.entry: match for match in matches}
        order = [known.get(name) or _suggested(entries[name], language) for name in listed]
        weighed = {name: self._weighed(name, facts) for name in listed}
        order.sort(key=lambda match: match.confidence != "certain" and weighed[match.entry].refuted)
        return tuple(weighed[match.entry] for match in order), tuple(order)

    def _weighed(self, entry: str, facts: Mapping[str, str | int]) -> Weighed:
        spoken: list[Spoken] = []
        unseen: list[str] = []
        for rule in self.rules:
            if entry not in rule.entries:
                continue
            value = facts.get(rule.fact)
            if value is None:
                unseen += [rule.fact] if rule.fact not in unseen else []
                continue
            sides: tuple[tuple[Side, Condition | None], ...] = (("for", rule.speaks_for), ("against", rule.against))
            spoken += [Spoken(rule.fact, side, one.says) for side, one in sides if one and one.holds(value)]
        return Weighed(entry, tuple(spoken), tuple(unseen))


@cache
def load_confirming(path: Path = RULES) -> Confirming:
    """The rules in `path`. Raises `EntriesInvalid` with every fault of form."""
    file, rules = read_confirming(path)
    if faults := file.faults():
        raise EntriesInvalid(faults)
    return Confirming(rules)


def read_confirming(path: Path = RULES) -> tuple[YamlFile, tuple[Rule, ...]]:
    """The rules in `path`; what is wrong with them is noted in the file."""
    file = YamlFile(path, path.name)
    section = Section(file, (), file.value, ("rules",))
    rules = section.each("rules", _rule)
    if not rules:
        section.fault("rules", "'rules' needs at least one rule")
    return file, rules


def _rule(file: YamlFile, trail: Trail, value: Any) -> Rule:
    section = Section(file, trail, value, _RULE)
    fact = section.one_of("fact", tuple(FACTS))
    sides = {}
    for side in ("for", "against"):
        sides[side] = _condition(file, (*trail, side), section.raw(side), fact) if section.has(side) else None
    rule = Rule(section.texts("entries"), fact, sides["for"], sides["against"], section.flag("suggests"))
    if not rule.entries:
        section.fault("entries", "'entries' needs at least one entry")
    if rule.speaks_for is None and rule.against is None:
        section.fault(None, "a rule says what speaks 'for' or 'against' its entries")
    if rule.suggests and rule.speaks_for is None:
        section.fault("suggests", "only what speaks 'for' an entry can suggest it")
    return rule


def _condition(file: YamlFile, trail: Trail, value: Any, fact: str) -> Condition:
    section = Section(file, trail, value, _CONDITION)
    wants = ("is",) if FACTS[fact] == "word" else ("at_least", "below")
    for key in ("is", "at_least", "below"):
        if section.has(key) and key not in wants:
            section.fault(key, f"{fact} is a {FACTS[fact]}: use {' or '.join(repr(want) for want in wants)}")
    if not any(section.has(key) for key in wants):
        section.fault(None, f"says nothing of {fact}: use {' or '.join(repr(want) for want in wants)}")
    return Condition(
        words=tuple(word.casefold() for word in section.texts("is")),
        at_least=section.number("at_least", 0) if section.has("at_least") else None,
        below=section.number("below", 0) if section.has("below") else None,
        says=section.local("says"),
    )


def _suggested(entry: Entry, language: Language) -> Match:
    return Match(entry.id, entry.title.in_(language), "possible", entry.severity, entry.retry, ())
