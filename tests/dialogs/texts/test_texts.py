"""Every language that is complete says the same things with the same slots, and foreign values stay literal."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import yaml

from dialogs.model.reply import TextRun
from dialogs.texts.catalog import TrustedText, get_texts
from dialogs.texts.languages import TEXTS_FOLDER, list_languages
from knowledge.azure_clouds import CLOUDS
from knowledge.catalog.questionnaire import AREA_GROUPS
from knowledge.model.diagnosis import BuildOutcome, Confidence, InputKind
from knowledge.model.entry import COMPLETE_LANGUAGES, Area, Basis, Language, Phase, Retry
from tests.reporting import failures_together
from tests.shipped_texts import TEXTS

ROOT = Path(__file__).parents[3]
LONGEST_LABEL = 40
_SLOT = re.compile(r"\{(\w+)\}")
_KEY = re.compile(r"[a-z]+(?:\.[\w-]+)+")
_KEY_START = re.compile(r"[a-z]+(?:\.[\w-]+)*\.")


def read_own_texts(language: Language) -> dict[str, str]:
    """The texts of a language without those of English, as they are in its files."""
    texts: dict[str, str] = {}
    for path in (TEXTS_FOLDER / language).glob("*.yaml"):
        if path.stem not in ("language", "typed"):
            texts |= yaml.safe_load(path.read_text("utf-8"))
    return texts


def read_source() -> Iterator[tuple[Path, ast.AST]]:
    """Every node of the code that may name a text. What telemetry names looks the same, and is none."""
    for path in [*(ROOT / "dialogs").rglob("*.py"), *(ROOT / "bot").rglob("*.py")]:
        if path.parent.name != "telemetry":
            yield from ((path, node) for node in ast.walk(ast.parse(path.read_text("utf-8"))))


def test_a_complete_language_has_every_text() -> None:
    english = read_own_texts("en")
    assert len(english) > 700
    for language in COMPLETE_LANGUAGES:
        assert set(read_own_texts(language)) == set(english)
    assert set(COMPLETE_LANGUAGES) <= set(list_languages())


def test_no_key_is_used_twice() -> None:
    """YAML would silently use the last one."""
    for path in TEXTS_FOLDER.glob("*/*.yaml"):
        root = yaml.compose(path.read_text("utf-8"))
        assert isinstance(root, yaml.MappingNode)
        keys = [key.value for key, _ in root.value]
        assert sorted(keys) == sorted(set(keys)), path


def test_complete_languages_have_the_same_slots_and_literals() -> None:
    with failures_together(at_least=700) as failures:
        for key, english in TEXTS["en"].items():
            for language in COMPLETE_LANGUAGES:
                translated = TEXTS[language][key]
                with failures.check(key):
                    assert sorted(_SLOT.findall(english)) == sorted(_SLOT.findall(translated))
                    assert english.count("**") == translated.count("**")
                    assert english.count("`") == translated.count("`")
                    assert english.strip() == english or key.startswith("diagnosis.")


@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
def test_labels_fit_a_phone(language: Language) -> None:
    labels = [text for key, text in TEXTS[language].items() if key.startswith("button.")]
    assert [label for label in labels if len(_SLOT.sub("", label)) > LONGEST_LABEL] == []


@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
def test_quotes_and_apostrophes_are_the_same_everywhere(language: Language) -> None:
    assert [key for key, text in TEXTS[language].items() if re.search('[’‘«»"]', text)] == []


_GENDERED = r"\b(?:ti ho|sei|verrai|sarai|eri|(?:vuoi|devi|puoi) essere) (?:stat[oa] )?(?!(?:da|di|no)\b)[a-z]+(?:at|it|ut|ss|st)[oa]\b"
"""An Italian participle that agrees with the person, who may be of any gender."""


def test_no_participle_agrees_with_the_person() -> None:
    assert re.search(_GENDERED, "verrai disconnesso")
    assert re.search(_GENDERED, "se vuoi essere chiamato")
    assert [key for key, text in TEXTS["it"].items() if re.search(_GENDERED, text.casefold())] == []


def test_every_word_of_the_knowledge_has_its_text() -> None:
    wanted = [f"{prefix}.{phase}" for prefix in ("phase", "happened") for phase in get_args(Phase)]
    wanted += [f"area.{area}" for area in get_args(Area)]
    wanted += [f"group.{group}" for group in AREA_GROUPS]
    wanted += [f"kind.{kind}" for kind in get_args(InputKind)]
    wanted += [f"certainty.{confidence}" for confidence in get_args(Confidence)]
    wanted += [f"{kind}.{outcome}" for outcome in get_args(BuildOutcome) for kind in ("outcome", "case.what")]
    wanted += [f"retry.{retry}{part}" for retry in get_args(Retry) for part in ("", ".reason")]
    wanted += [f"diagnosis.{basis}" for basis in get_args(Basis) if basis != "documented"]
    wanted += [f"case.ways.in.{cloud}" for cloud in CLOUDS]
    assert [key for key in wanted if key not in TEXTS["en"]] == []


def test_every_text_is_used() -> None:
    constants = {node.value for _, node in read_source() if isinstance(node, ast.Constant)}
    starts = [f"{prefix}." for prefix in ("button", "happened", "area", "group", "refused", "run-state", "template-state")]
    starts += [start for _, start in _find_key_starts()]
    assert [key for key in TEXTS["en"] if key not in constants and not key.startswith(tuple(starts))] == []


def test_every_button_is_used() -> None:
    constants = {node.value for _, node in read_source() if isinstance(node, ast.Constant)}
    keys = [key for key in TEXTS["en"] if key.startswith("button.")]
    assert [key for key in keys if key not in constants and key.removeprefix("button.") not in constants] == []


def test_every_key_in_the_code_has_a_text() -> None:
    subjects = {key.partition(".")[0] for key in TEXTS["en"]}
    named = [(path, node.value) for path, node in read_source() if isinstance(node, ast.Constant)]
    keys = [(path, key) for path, key in named if isinstance(key, str) and _KEY.fullmatch(key)]
    keys += [(path, f"button.{key}") for path, key in _find_button_keys()]
    keys = [(path, key) for path, key in keys if key.partition(".")[0] in subjects]
    assert len(keys) > 400
    assert [(path, key) for path, key in keys if key not in TEXTS["en"]] == []
    starts = [(path, start) for path, start in _find_key_starts() if start.partition(".")[0] in subjects]
    assert len(starts) > 20
    assert [(path, start) for path, start in starts if not any(key.startswith(start) for key in TEXTS["en"])] == []


def _find_key_starts() -> Iterator[tuple[Path, str]]:
    """What comes before the first value of an f-string that makes a key."""
    for path, node in read_source():
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            start = str(node.values[0].value)
            if _KEY_START.fullmatch(start):
                yield path, start


def _find_button_keys() -> Iterator[tuple[Path, str]]:
    for path, node in read_source():
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("build_button", "build_link_button"):
            key = node.args[0]
            if isinstance(key, ast.Constant):
                yield path, key.value


@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
def test_foreign_values_are_literal_and_our_own_are_not(language: Language) -> None:
    texts = get_texts()
    hostile = "**x** `rm` {title}"
    assert TextRun(hostile, "code") in texts.format_runs("diagnosis.failed-run", language, provisioner=hostile)
    assert TextRun("ours", "bold") in texts.format_runs(
        "candidate.line", language, title=TrustedText("ours"), confidence=TrustedText("x")
    )
    assert TextRun("y", "bold") in texts.format_runs("diagnosis.cause", language, cause=(TextRun("y", "bold"),))
    assert texts.format_text("case.id.template", language, value=hostile).endswith(hostile)
