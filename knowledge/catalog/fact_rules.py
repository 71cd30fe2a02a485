"""Rules by which facts from a template's status support or contradict an entry (`fact_rules.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, get_args

from knowledge.model.diagnosis import Match
from knowledge.model.entry import Entry, Language, LocalizedText
from knowledge.model.errors import InvalidFilesError
from knowledge.yaml_files.yaml_section import KeyPath, Section, YamlFile, read_yaml_file

FACT_RULES_PATH = Path(__file__).parents[1] / "fact_rules.yaml"

FactType = Literal["word", "number"]
VerdictSide = Literal["for", "against"]
_CONDITION_KEYS = ("is", "at_least", "below", "says")
_RULE_KEYS = ("entries", "fact", "for", "against", "suggests")


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of a template that rules may use. Words are compared in lower case."""

    type: FactType
    name: LocalizedText


@dataclass(frozen=True, slots=True)
class FactCondition:
    """The values for which a fact counts, and the sentence to show.

    A word must be one of `words`. A number must be at least `at_least` and less than `below`, where those are given.
    """

    words: tuple[str, ...]
    at_least: int | None
    below: int | None
    message: LocalizedText

    def is_met_by(self, value: str | int) -> bool:
        """Whether `value` meets the condition."""
        if isinstance(value, str):
            return value.casefold() in self.words
        is_high_enough = self.at_least is None or value >= self.at_least
        return is_high_enough and (self.below is None or value < self.below)


@dataclass(frozen=True, slots=True)
class FactRule:
    """What one fact means for some entries.

    If `can_suggest` is set, the fact makes the entries possible even if no text matches them.
    """

    entries: tuple[str, ...]
    fact: str
    supports_if: FactCondition | None
    contradicts_if: FactCondition | None
    can_suggest: bool = False


@dataclass(frozen=True, slots=True)
class FactVerdict:
    """One fact that supports or contradicts an entry, with the sentence to show."""

    fact: str
    side: VerdictSide
    message: LocalizedText


@dataclass(frozen=True, slots=True)
class FactCheck:
    """The verdicts on one entry. `unknown_facts` names facts that have a rule for it but no known value."""

    entry: str
    verdicts: tuple[FactVerdict, ...]
    unknown_facts: tuple[str, ...]

    @property
    def is_refuted(self) -> bool:
        """Whether more facts contradict the entry than support it."""
        contradictions = sum(verdict.side == "against" for verdict in self.verdicts)
        return 2 * contradictions > len(self.verdicts)


class FactRules:
    """All fact rules, and the facts that they may use, by name."""

    def __init__(self, facts: Mapping[str, Fact], rules: Sequence[FactRule]) -> None:
        self.facts = facts
        self.rules = tuple(rules)

    def check_matches(
        self,
        matches: Sequence[Match],
        facts: Mapping[str, str | int],
        entries: Mapping[str, Entry],
        language: Language,
        can_suggest: bool,
    ) -> tuple[tuple[FactCheck, ...], tuple[Match, ...]]:
        """Check every match against the facts and return the checks and the matches, both in their new order.

        A refuted match is only possible and moves behind the others, unless the text proves it. If `can_suggest` is
        set, entries that the facts alone suggest are added at the end as possible matches.
        """
        names = [match.entry for match in matches]
        if can_suggest:
            names += self._suggest_entries(facts, entries, excluded=names)
        matches_by_entry = {match.entry: match for match in matches}
        ordered = [matches_by_entry.get(name) or _build_suggested_match(entries[name], language) for name in names]
        checks = {name: self._check_entry(name, facts) for name in names}
        refuted = {match.entry for match in ordered if match.confidence != "certain" and checks[match.entry].is_refuted}
        ordered = [match._replace(confidence="possible") if match.entry in refuted else match for match in ordered]
        # The sort is stable: within each group, the order by text evidence is kept.
        ordered.sort(key=lambda match: match.entry in refuted)
        return tuple(checks[match.entry] for match in ordered), tuple(ordered)

    def _suggest_entries(
        self, facts: Mapping[str, str | int], entries: Mapping[str, Entry], excluded: Sequence[str]
    ) -> list[str]:
        """Return the ids of the entries that facts alone make possible, except those in `excluded`."""
        suggested: list[str] = []
        for rule in self.rules:
            value = facts.get(rule.fact)
            if value is not None and rule.can_suggest and rule.supports_if and rule.supports_if.is_met_by(value):
                suggested += [
                    name for name in rule.entries if name in entries and name not in excluded and name not in suggested
                ]
        return suggested

    def _check_entry(self, entry: str, facts: Mapping[str, str | int]) -> FactCheck:
        verdicts: list[FactVerdict] = []
        unknown_facts: list[str] = []
        for rule in self.rules:
            if entry not in rule.entries:
                continue
            value = facts.get(rule.fact)
            if value is None:
                unknown_facts += [rule.fact] if rule.fact not in unknown_facts else []
                continue
            sides: tuple[tuple[VerdictSide, FactCondition | None], ...] = (
                ("for", rule.supports_if),
                ("against", rule.contradicts_if),
            )
            verdicts += [
                FactVerdict(rule.fact, side, condition.message)
                for side, condition in sides
                if condition and condition.is_met_by(value)
            ]
        return FactCheck(entry, tuple(verdicts), tuple(unknown_facts))


@cache
def load_fact_rules(path: Path = FACT_RULES_PATH) -> FactRules:
    """Load the rules in `path`. Raise `InvalidFilesError` with every fault of the file."""
    file, rules = read_fact_rules(path)
    if faults := file.list_faults():
        raise InvalidFilesError(faults)
    return rules


def read_fact_rules(path: Path = FACT_RULES_PATH) -> tuple[YamlFile, FactRules]:
    """Read the rules in `path` and return them with the file, in which faults are recorded."""
    file = read_yaml_file(path)
    section = Section(file, (), file.value, ("facts", "rules"))
    facts = section.build_nested("facts", _parse_facts)
    rules = section.build_each("rules", partial(_parse_rule, facts))
    if not rules:
        section.add_fault("rules", "'rules' needs at least one rule")
    return file, FactRules(facts, rules)


def _parse_facts(file: YamlFile, key_path: KeyPath, value: Any) -> Mapping[str, Fact]:
    names = tuple(value) if isinstance(value, dict) else ()
    section = Section(file, key_path, value, names or ("the facts",))
    return {name: section.build_nested(name, _parse_fact) for name in names}


def _parse_fact(file: YamlFile, key_path: KeyPath, value: Any) -> Fact:
    section = Section(file, key_path, value, ("type", "name"))
    return Fact(section.get_choice("type", get_args(FactType)), section.get_localized("name"))


def _parse_rule(facts: Mapping[str, Fact], file: YamlFile, key_path: KeyPath, value: Any) -> FactRule:
    section = Section(file, key_path, value, _RULE_KEYS)
    fact = section.get_choice("fact", tuple(facts) or ("",))
    parse_condition = partial(_parse_condition, fact, facts[fact].type if fact in facts else "word")
    conditions = {
        side: section.build_nested(side, parse_condition) if section.has(side) else None for side in ("for", "against")
    }
    rule = FactRule(
        entries=section.get_texts("entries"),
        fact=fact,
        supports_if=conditions["for"],
        contradicts_if=conditions["against"],
        can_suggest=section.get_bool("suggests"),
    )
    if not rule.entries:
        section.add_fault("entries", "'entries' needs at least one entry")
    if rule.supports_if is None and rule.contradicts_if is None:
        section.add_fault(None, "a rule says what speaks 'for' or 'against' its entries")
    if rule.can_suggest and rule.supports_if is None:
        section.add_fault("suggests", "only what speaks 'for' an entry can suggest it")
    return rule


def _parse_condition(fact: str, fact_type: FactType, file: YamlFile, key_path: KeyPath, value: Any) -> FactCondition:
    section = Section(file, key_path, value, _CONDITION_KEYS)
    allowed_keys = ("is",) if fact_type == "word" else ("at_least", "below")
    hint = f"use {' or '.join(repr(key) for key in allowed_keys)}"
    for key in ("is", "at_least", "below"):
        if section.has(key) and key not in allowed_keys:
            section.add_fault(key, f"{fact} is a {fact_type}: {hint}")
    if not any(section.has(key) for key in allowed_keys):
        section.add_fault(None, f"has no condition for {fact}: {hint}")
    return FactCondition(
        words=tuple(word.casefold() for word in section.get_texts("is")),
        at_least=section.get_int("at_least", 0) if section.has("at_least") else None,
        below=section.get_int("below", 0) if section.has("below") else None,
        message=section.get_localized("says"),
    )


def _build_suggested_match(entry: Entry, language: Language) -> Match:
    return Match(entry.id, entry.title.get(language), "possible", entry.severity, entry.retry, ())
