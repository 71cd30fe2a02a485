"""Loads `knowledge/findings/`: the ways in which scripts fail, and the patterns of lines that belong to no finding.

`knowledge/findings/README.md` describes every key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

from knowledge.catalog.entry_parsing import parse_step
from knowledge.catalog.finding_parsing import check_rule, parse_rule
from knowledge.catalog.line_patterns import parse_line_pattern
from knowledge.model.entry import Step
from knowledge.model.errors import Fault, InvalidFilesError
from knowledge.model.finding import (
    FindingRule,
    FindingTrigger,
    LinePattern,
)
from knowledge.yaml_files.yaml_documents import YamlDocument, load_indexed_documents, load_yaml_documents
from knowledge.yaml_files.yaml_section import YamlFile

FINDINGS_DIR = Path(__file__).parents[1] / "findings"
LINE_PATTERNS_NAME = "_line_patterns.yaml"
"""The file of patterns without a finding: noise, and words such as "failed"."""
PACKER_STEPS_NAME = "_packer_steps.yaml"

_FALLBACKS: tuple[FindingTrigger, ...] = ("nothing-said", "nothing-printed", "silent", "repeating", "cut", "stopped")


class FindingCatalog:
    """Every rule by id, the line patterns that belong to none, and how to get a fix into a Packer build.

    A rule's texts are built on first use: a log needs only one or two.
    """

    def __init__(
        self,
        rules: Mapping[str, FindingRule],
        patterns: Mapping[str, Sequence[LinePattern]],
        line_patterns: Sequence[LinePattern],
        packer_steps_file: YamlFile | None = None,
    ) -> None:
        """Take the rules, their patterns by trigger, and the rest."""
        self.rules = rules
        self.line_patterns = line_patterns
        self._packer_steps_file = packer_steps_file
        self._patterns = patterns

    @cached_property
    def packer_steps(self) -> tuple[Step, ...]:
        """How to get a fix into a person's own Packer build."""
        file = self._packer_steps_file
        return tuple(parse_step(file, (index,), item) for index, item in enumerate(file.value)) if file else ()

    def list_patterns(self, trigger: FindingTrigger) -> Sequence[LinePattern]:
        """Return the patterns of the rules with this trigger, in the order of the files."""
        return self._patterns.get(trigger, ())

    def list_rules(self, trigger: FindingTrigger) -> list[FindingRule]:
        """Return the rules with this trigger, in the order of the files."""
        return [self.rules[pattern.id] for pattern in self.list_patterns(trigger)]

    def get_fallback(self, trigger: FindingTrigger) -> FindingRule:
        """Return the rule to use when no other rule with this trigger fits."""
        return next(
            self.rules[pattern.id] for pattern in self.list_patterns(trigger) if not (pattern.text or pattern.regex)
        )


class _LazyRules(Mapping[str, FindingRule]):
    """Rules from documents without faults, each built on first use."""

    def __init__(self, files: Sequence[YamlFile], places: Mapping[str, Sequence[int]]) -> None:
        self._files, self._places = files, places
        self._rules: dict[str, FindingRule] = {}

    def __getitem__(self, rule_id: str) -> FindingRule:
        rule = self._rules.get(rule_id)
        if rule is None:
            file_number, index = self._places[rule_id]
            file = self._files[file_number]
            rule = self._rules[rule_id] = parse_rule(file, index)
        return rule

    def get(self, rule_id: str, default: Any = None) -> Any:
        """Return a rule, or `default`; what `Mapping` offers goes through an exception handler, and costs more."""
        return self[rule_id] if rule_id in self._places else default

    def __contains__(self, rule_id: object) -> bool:
        """Return whether there is such a rule, without building it."""
        return rule_id in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class _FindingIndex(NamedTuple):
    """What to search a text for: the fields of each pattern by trigger, and the location of each pattern's rule."""

    patterns: Mapping[str, Sequence[Sequence[Any]]]
    line_patterns: Sequence[Sequence[Any]]
    places: Mapping[str, Sequence[int]]


@cache
def load_findings(folder: Path = FINDINGS_DIR) -> FindingCatalog:
    """Load the rules in `folder`.

    Raises:
        InvalidFilesError: Files have faults; all are named.
    """
    paths = _list_paths(folder)
    documents, index = load_indexed_documents(paths, "findings", partial(_build_index, paths))
    return _build_catalog(_open_files(paths, documents), _FindingIndex(**index))


def check_structure(folder: Path = FINDINGS_DIR) -> list[Fault]:
    """Return the faults in the structure of the files in `folder`."""
    paths = _list_paths(folder)
    return _find_faults(_open_files(paths, load_yaml_documents(paths)), paths)


def open_finding_files(folder: Path = FINDINGS_DIR) -> list[YamlFile]:
    """Return the files in `folder`, in which further faults can be recorded."""
    paths = _list_paths(folder)
    return _open_files(paths, load_yaml_documents(paths))


def _list_paths(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml"))


def _open_files(paths: Sequence[Path], documents: Sequence[YamlDocument]) -> list[YamlFile]:
    return [
        YamlFile(document, f"{path.parent.name}/{path.name}") for path, document in zip(paths, documents, strict=True)
    ]


def _build_catalog(files: Sequence[YamlFile], index: _FindingIndex) -> FindingCatalog:
    steps_file = next((file for file in files if file.display_name.endswith(PACKER_STEPS_NAME)), None)
    patterns = {trigger: [_unpack_pattern(row) for row in rows] for trigger, rows in index.patterns.items()}
    line_patterns = [_unpack_pattern(row) for row in index.line_patterns]
    return FindingCatalog(_LazyRules(files, index.places), patterns, line_patterns, steps_file)


def _build_index(paths: Sequence[Path], documents: Sequence[YamlDocument]) -> dict[str, Any]:
    files = _open_files(paths, documents)
    if faults := _find_faults(files, paths):
        raise InvalidFilesError(faults)
    patterns: dict[str, list[list[Any]]] = {}
    line_patterns: list[list[Any]] = []
    places: dict[str, list[int]] = {}
    for file_number, (path, file) in enumerate(zip(paths, files, strict=True)):
        for index, item in enumerate(file.value):
            if path.name == LINE_PATTERNS_NAME:
                line_patterns.append(_pack_pattern(parse_line_pattern(file, (index,), item)))
            elif path.name != PACKER_STEPS_NAME:
                rule = parse_rule(file, index)
                places[rule.id] = [file_number, index]  # the cache is JSON, which has no tuples
                patterns.setdefault(rule.trigger, []).append(_pack_pattern(rule.pattern))
    return _FindingIndex(patterns, line_patterns, places)._asdict()


def _pack_pattern(pattern: LinePattern) -> list[Any]:
    from knowledge.pattern_literals import find_required_literals  # the index is usually cached

    literals = [list(map(list, find_required_literals(regex))) for regex in pattern.regex]
    searched = (list(pattern.text), list(pattern.regex), list(pattern.unless))
    return [pattern.id, pattern.weight, *searched, pattern.is_weight_cap, literals]


def _unpack_pattern(row: Sequence[Any]) -> LinePattern:
    name, weight, text, regex, unless, is_weight_cap, literals = row
    groups = tuple(tuple(map(tuple, each)) for each in literals)
    return LinePattern(name, weight, tuple(text), tuple(regex), tuple(unless), is_weight_cap, groups)


def _find_faults(files: Sequence[YamlFile], paths: Sequence[Path]) -> list[Fault]:
    faults: list[Fault] = []
    known_ids: dict[str, str] = {}
    fallbacks: set[FindingTrigger] = set()
    for path, file in zip(paths, files, strict=True):
        items = file.value if isinstance(file.value, list) else []
        if not items:
            file.add_fault((), "must be a list")
        for index, item in enumerate(items):
            item_id = ""
            if path.name == PACKER_STEPS_NAME:
                parse_step(file, (index,), item)
            elif path.name == LINE_PATTERNS_NAME:
                item_id = parse_line_pattern(file, (index,), item).id
            else:
                rule = check_rule(file, index)
                item_id = rule.id
                fallbacks |= {rule.trigger} if not (rule.pattern.text or rule.pattern.regex) else set()
            if item_id and item_id in known_ids:
                file.add_fault((index, "id"), f"the id {item_id!r} is taken in {known_ids[item_id]}")
            known_ids.setdefault(item_id, file.display_name)
        faults += file.list_faults()
    missing = [trigger for trigger in _FALLBACKS if trigger not in fallbacks]
    if missing and not faults:
        message = f"needs a rule without 'text' and 'regex' for each of: {', '.join(missing)}"
        faults.append(Fault(FINDINGS_DIR.name, 1, message))
    return faults
