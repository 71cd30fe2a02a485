"""Both languages say the same things with the same slots, and foreign values stay literal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from dialogs.model.reply import TextRun
from dialogs.texts import TEXTS, TrustedText, format_runs, format_text
from knowledge.azure_clouds import CLOUDS
from knowledge.catalog.questionnaire import AREA_GROUPS
from knowledge.model.diagnosis import BuildOutcome, Confidence, InputKind
from knowledge.model.entry import COMPLETE_LANGUAGES, Area, Basis, Language, Phase, Retry
from tests.reporting import failures_together

_SLOT = re.compile(r"\{(\w+)\}")
LONGEST_LABEL = 40
DIALOGS = Path(__file__).parents[3] / "dialogs"


def test_both_languages_have_the_same_keys() -> None:
    assert set(TEXTS["en"]) == set(TEXTS["it"])


def test_both_languages_have_the_same_slots_and_literals() -> None:
    with failures_together(at_least=700) as failures:
        for key, english in TEXTS["en"].items():
            italian = TEXTS["it"].get(key, "")
            with failures.check(key):
                assert sorted(_SLOT.findall(english)) == sorted(_SLOT.findall(italian))
                assert english.count("**") == italian.count("**")
                assert english.count("`") == italian.count("`")
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
    wanted = [f"phase.{phase}" for phase in get_args(Phase)]
    wanted += [f"area.{area}" for area in get_args(Area)]
    wanted += [f"group.{group}" for group in AREA_GROUPS]
    wanted += [f"kind.{kind}" for kind in get_args(InputKind)]
    wanted += [f"confidence.{confidence}.long" for confidence in get_args(Confidence)]
    wanted += [f"{kind}.{outcome}" for outcome in get_args(BuildOutcome) for kind in ("outcome", "case.what")]
    wanted += [f"retry.{retry}{part}" for retry in get_args(Retry) for part in ("", ".reason")]
    wanted += [f"case.ways.in.{cloud}" for cloud in CLOUDS]
    wanted += [f"diagnosis.{basis}" for basis in get_args(Basis) if basis != "documented"]
    assert [key for key in wanted if key not in TEXTS["en"]] == []


def test_every_text_is_used() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in DIALOGS.rglob("*.py"))
    prefixes = set(re.findall(r'f"([\w.-]+)\.\{', source)) | {"button", "phase", "area", "group", "refused"}
    unused = [
        key
        for key in TEXTS["en"]
        if f'"{key}"' not in source and not any(key.startswith(f"{prefix}.") for prefix in prefixes)
    ]
    assert unused == []


def test_every_button_is_used() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in DIALOGS.rglob("*.py"))
    keys = [key.removeprefix("button.") for key in TEXTS["en"] if key.startswith("button.")]
    assert [key for key in keys if f'"{key}"' not in source and f'"button.{key}"' not in source] == []


@pytest.mark.parametrize("language", COMPLETE_LANGUAGES)
def test_foreign_values_are_literal_and_our_own_are_not(language: Language) -> None:
    hostile = "**x** `rm` {title}"
    assert TextRun(hostile, "code") in format_runs("diagnosis.failed-run", language, provisioner=hostile)
    assert TextRun("ours", "bold") in format_runs(
        "candidate.line", language, title=TrustedText("ours"), confidence=TrustedText("x")
    )
    assert TextRun("y", "bold") in format_runs("diagnosis.cause", language, cause=(TextRun("y", "bold"),))
    assert format_text("case.id.template", language, value=hostile).endswith(hostile)
