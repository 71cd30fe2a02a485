"""What checking templates with scripts costs, and how that grows with the number of rules and with scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial

from bot.sandbox.arm_json import build_template_json
from bot.sandbox.builds.scenario import read_scenario
from knowledge.preflight.checking import check_source
from knowledge.preflight.rule import PreflightRule
from knowledge.preflight.rule_catalog import load_rules
from knowledge.preflight.source_text import SourceText
from tests.bench.measuring import measure_in_turn, median, ms, ratio, row

TEMPLATES = 100
MADE_RULES = 1_000
NOW = datetime(2026, 11, 29, tzinfo=UTC)
SCRIPT = (
    "set -e\nsudo apt-get update\nfor name in nginx git curl; do\n  sudo apt-get install -y $name\ndone\n"
    "curl -fsSL https://example.com/setup.sh -o /tmp/setup.sh\nsudo bash /tmp/setup.sh --quiet\n"
)


def preflight(rounds: int = 3, templates: int = TEMPLATES, made_rules: int = MADE_RULES) -> None:
    """Print the time of one template, of all, and against as many rules as nobody has written.

    It's three rounds and not five, because they take a quarter of a minute each.
    """
    rules = list(load_rules())
    sources = {"the sandbox's": _write_templates(templates), "with scripts of 30 KB": _write_long(templates)}
    many = [replace(rules[number % len(rules)], id=f"made-{number}") for number in range(made_rules)]
    works = {
        f"{name}, {len(chosen)} rules": partial(_check_all, texts, chosen)
        for name, texts in sources.items()
        for chosen in (rules, many)
    }
    row("", "a template", f"{templates} templates", f"against {len(rules)}", "for each rule")
    taken = {name: median(seconds) for name, seconds in measure_in_turn(works, rounds).items()}
    names = list(taken)
    for few, more in zip(names[::2], names[1::2], strict=True):
        row(few, ms(taken[few] / templates), ms(taken[few]))
        growth = taken[more] / taken[few]
        row(
            more,
            ms(taken[more] / templates),
            ms(taken[more]),
            ratio(taken[more], taken[few]),
            f"{growth * len(rules) / len(many):.2f} x",
        )


def _check_all(sources: Sequence[SourceText], rules: Sequence[PreflightRule]) -> None:
    for source in sources:
        check_source(source, rules, date(2026, 11, 29))


def _write_templates(count: int) -> list[SourceText]:
    """The sandbox's templates with their scripts, again and again."""
    specs = read_scenario().templates
    texts = [json.dumps(build_template_json(spec, [], NOW), indent=2) for spec in specs]
    return [SourceText(f"{number}.json", texts[number % len(texts)]) for number in range(count)]


def _write_long(count: int) -> list[SourceText]:
    spec = next(spec for spec in read_scenario().templates if spec.name == "ubuntu-web")
    template = build_template_json(spec, [], NOW)
    step = {"type": "Shell", "name": "long", "inline": (SCRIPT * 30).splitlines()}
    template["properties"]["customize"] = [step] * 4
    return [SourceText(f"{number}.json", json.dumps(template, indent=2)) for number in range(count)]
