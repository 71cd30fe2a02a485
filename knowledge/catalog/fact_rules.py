"""Facts that speak for or against an entry (`fact_rules.yaml`): what a template's status says beside any text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from knowledge.catalog.yaml_section import KeyPath, Section, YamlFile
from knowledge.model.diagnosis import Match
from knowledge.model.entry import Entry, Language, LocalizedText
from knowledge.model.errors import InvalidEntriesError

FACT_RULES_PATH = Path(__file__).parents[1] / "fact_rules.yaml"

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

VerdictSide = Literal["for", "against"]
_CONDITION_KEYS = ("is", "at_least", "below", "says")
_RULE_KEYS = ("entries", "fact", "for", "against", "suggests")


@dataclass(frozen=True, slots=True)
class FactCondition:
    """When a fact's value counts: it is one of `words`, or a number of at least one and below the other."""

    words: tuple[str, ...]
    at_least: int | None
    below: int | None
    message: LocalizedText

    def is_met_by(self, value: str | int) -> bool:
        """Whether `value` counts."""
        if isinstance(value, str):
            return value in self.words
        low = self.at_least is None or value >= self.at_least
        return low and (self.below is None or value < self.below)


@dataclass(frozen=True, slots=True)
class FactRule:
    """What one fact says of some entries. `suggests`: the fact alone makes them possible, without any text."""

    entries: tuple[str, ...]
    fact: str
    supports_if: FactCondition | None
    contradicts_if: FactCondition | None
    can_suggest: bool = False


@dataclass(frozen=True, slots=True)
class FactVerdict:
    """A fact that speaks for or against an entry, in words."""

    fact: str
    side: VerdictSide
    message: LocalizedText


@dataclass(frozen=True, slots=True)
class FactCheck:
    """An entry and what the facts say of it; `unseen` are the facts that would, but are not known."""

    entry: str
    verdicts: tuple[FactVerdict, ...]
    unknown_facts: tuple[str, ...]

    @property
    def is_refuted(self) -> bool:
        """Whether more facts speak against it than for it."""
        against = sum(one.side == "against" for one in self.verdicts)
        return 2 * against > len(self.verdicts)


class FactRules:
    """Weighs what a text speaks for by what is known beside it."""

    def __init__(self, rules: Sequence[FactRule]) -> None:
        self.rules = tuple(rules)

    def check_matches(
        self,
        matches: Sequence[Match],
        facts: Mapping[str, str | int],
        entries: Mapping[str, Entry],
        language: Language,
        can_suggest: bool = True,
    ) -> tuple[tuple[FactCheck, ...], tuple[Match, ...]]:
        """What the facts say of each match, and the matches in their new order.

        A match that is refuted, and not certain, goes behind the others; what facts alone suggest, where
        they may (`suggest`), comes last, as possible.
        """
        listed = [match.entry for match in matches]
        for rule in self.rules:
            value = facts.get(rule.fact)
            if (
                can_suggest
                and rule.can_suggest
                and rule.supports_if
                and value is not None
                and rule.supports_if.is_met_by(value)
            ):
                listed += [name for name in rule.entries if name in entries and name not in listed]
        known = {match.entry: match for match in matches}
        order = [known.get(name) or _build_suggested_match(entries[name], language) for name in listed]
        weighed = {name: self._check_entry(name, facts) for name in listed}
        order.sort(key=lambda match: match.confidence != "certain" and weighed[match.entry].is_refuted)
        return tuple(weighed[match.entry] for match in order), tuple(order)

    def _check_entry(self, entry: str, facts: Mapping[str, str | int]) -> FactCheck:
        spoken: list[FactVerdict] = []
        unseen: list[str] = []
        for rule in self.rules:
            if entry not in rule.entries:
                continue
            value = facts.get(rule.fact)
            if value is None:
                unseen += [rule.fact] if rule.fact not in unseen else []
                continue
            sides: tuple[tuple[VerdictSide, FactCondition | None], ...] = (
                ("for", rule.supports_if),
                ("against", rule.contradicts_if),
            )
            spoken += [FactVerdict(rule.fact, side, one.message) for side, one in sides if one and one.is_met_by(value)]
        return FactCheck(entry, tuple(spoken), tuple(unseen))


@cache
def load_fact_rules(path: Path = FACT_RULES_PATH) -> FactRules:
    """The rules in `path`. Raises `EntriesInvalid` with every fault of form."""
    file, rules = read_fact_rules(path)
    if faults := file.list_faults():
        raise InvalidEntriesError(faults)
    return FactRules(rules)


def read_fact_rules(path: Path = FACT_RULES_PATH) -> tuple[YamlFile, tuple[FactRule, ...]]:
    """The rules in `path`; what is wrong with them is noted in the file."""
    file = YamlFile(path, path.name)
    section = Section(file, (), file.value, ("rules",))
    rules = section.build_each("rules", _parse_rule)
    if not rules:
        section.add_fault("rules", "'rules' needs at least one rule")
    return file, rules


def _parse_rule(file: YamlFile, key_path: KeyPath, value: Any) -> FactRule:
    section = Section(file, key_path, value, _RULE_KEYS)
    fact = section.get_choice("fact", tuple(FACTS))
    sides = {}
    for side in ("for", "against"):
        sides[side] = (
            _parse_condition(file, (*key_path, side), section.get_raw(side), fact) if section.has(side) else None
        )
    rule = FactRule(section.get_texts("entries"), fact, sides["for"], sides["against"], section.get_bool("suggests"))
    if not rule.entries:
        section.add_fault("entries", "'entries' needs at least one entry")
    if rule.supports_if is None and rule.contradicts_if is None:
        section.add_fault(None, "a rule says what speaks 'for' or 'against' its entries")
    if rule.can_suggest and rule.supports_if is None:
        section.add_fault("suggests", "only what speaks 'for' an entry can suggest it")
    return rule


def _parse_condition(file: YamlFile, key_path: KeyPath, value: Any, fact: str) -> FactCondition:
    section = Section(file, key_path, value, _CONDITION_KEYS)
    wants = ("is",) if FACTS[fact] == "word" else ("at_least", "below")
    for key in ("is", "at_least", "below"):
        if section.has(key) and key not in wants:
            section.add_fault(key, f"{fact} is a {FACTS[fact]}: use {' or '.join(repr(want) for want in wants)}")
    if not any(section.has(key) for key in wants):
        section.add_fault(None, f"says nothing of {fact}: use {' or '.join(repr(want) for want in wants)}")
    return FactCondition(
        words=tuple(word.casefold() for word in section.get_texts("is")),
        at_least=section.get_int("at_least", 0) if section.has("at_least") else None,
        below=section.get_int("below", 0) if section.has("below") else None,
        message=section.get_localized("says"),
    )


def _build_suggested_match(entry: Entry, language: Language) -> Match:
    return Match(entry.id, entry.title.get(language), "possible", entry.severity, entry.retry, ())
