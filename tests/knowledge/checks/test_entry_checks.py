"""`entries check` reports every fault with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.catalog.loading import load_entries
from knowledge.catalog.skeleton import render_skeleton
from knowledge.checks.entry_checks import check_entries
from knowledge.model.errors import InvalidFilesError

GOOD = """\
id: made-up
phase: build
area: scripts
severity: error
retry: no
basis: reported
reviewed: 2026-01-01
title: {en: Made up, it: Inventato}
symptom: {en: It is made up, it: È inventato}
cause: {en: Somebody made it up., it: Qualcuno lo ha inventato.}
signatures:
  - {id: main, strength: decisive, text: the made-up failure}
steps:
  - do: {en: Look., it: Guarda.}
references:
  - {title: A page, url: https://example.org/page}
examples:
  - {source: made up, text: 'Oh: the made-up failure', evidence: made-up failure}
near_misses:
  - {why: another failure, text: the other failure}
"""


def write(root: Path, text: str, name: str = "made-up", phase: str = "build") -> Path:
    path = root / "entries" / phase / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return root / "entries"


def faults(root: Path) -> list[str]:
    return [str(fault) for fault in check_entries(root)]


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def test_a_good_entry_has_no_fault(tmp_path: Path) -> None:
    assert faults(write(tmp_path, GOOD)) == []


FAULTS = [
    # the text to replace, its replacement, a part of the line with the fault, a part of the message
    ("severity: error", "severity: bad", "severity:", "use blocker, error, warning, info"),
    ("id: made-up", "id: other", "id:", "must be the file's name"),
    ("reviewed: 2026-01-01", "reviewed: lately", "reviewed:", "must be a day, such as"),
    ("phase: build", "phase: devops", "phase:", "must be the folder's name"),
    ("{en: Made up, it: Inventato}", "{en: Made up}", "title:", "needs an 'en' and an 'it' text"),
    ("strength: decisive", "strength: strong", "strength:", "use decisive, likely, supporting"),
    ("text: the made-up failure}", "text: the}", "strength:", "too short"),
    ("text: the made-up failure}", "text: the made-up failure, regex: '(?=x)'}", "strength:", "RE2 doesn't accept"),
    ("text: the made-up failure}", "observed: ghosts}", "strength:", "'ghosts' isn't an observation"),
    ("  - do:", "  - effect: deletes\n    do:", "effect: deletes", "what to save first"),
    ("  - do:", "  - codes: [0, 42]\n    do:", "codes:", "doesn't say what 42 means"),
    ("  - do:", "  - codes: [{code: 42, meaning: {en: a}}]\n    do:", "codes:", "needs an 'en' and an 'it' text"),
    ("  - do:", "  - cli: az version\n    do:", "cli: az", "both Azure CLI"),
    ("  - {title: A page, url:", "  - {name: A page, url:", "name: A page", "isn't known here"),
    ("evidence: made-up failure}", "evidence: something else}", "source: made up", "is not in the lines shown"),
    ("text: the other failure}", "text: again the made-up failure}", "why: another", "but it shouldn't"),
    ("basis: reported", "basis: reported\nexplains: [nothing]", "explains:", "there's no such entry"),
    ("basis: reported", "basis: reported\ncolour: red", "colour:", "'colour' isn't known here"),
    ("basis: reported", "basis: reported\nmay_pass_unchanged: true", "may_pass_unchanged:", "retry_note"),
    ("basis: reported", "basis: reported\nshows_script_output: 1", "shows_script_output:", "must be true or false"),
]


@pytest.mark.parametrize(("old", "new", "where", "message"), FAULTS, ids=[case[3][:40] for case in FAULTS])
def test_each_fault_is_reported_with_file_and_line(
    tmp_path: Path, old: str, new: str, where: str, message: str
) -> None:
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    matching = [fault for fault in faults(write(tmp_path, text)) if message in fault]
    assert matching
    assert matching[0].startswith(f"entries/build/made-up.yaml:{line_of(text, where)}: ")


def test_only_a_failed_build_has_the_output_of_a_script(tmp_path: Path) -> None:
    text = GOOD.replace("basis:", "shows_script_output: true\nbasis:")
    assert faults(write(tmp_path / "build", text)) == []
    text = text.replace("phase: build", "phase: devops")
    (fault,) = faults(write(tmp_path / "devops", text, phase="devops"))
    assert fault.startswith(f"entries/devops/made-up.yaml:{line_of(text, 'shows_script_output')}: only a failure of")


def test_all_faults_are_reported_together(tmp_path: Path) -> None:
    root = write(tmp_path, GOOD.replace("severity: error", "severity: bad").replace("retry: no", "retry: perhaps"))
    write(tmp_path, "a: [unclosed", name="broken")
    reported = faults(root)
    assert len(reported) >= 3
    assert any("broken.yaml:" in fault and "is not valid YAML" in fault for fault in reported)
    with pytest.raises(InvalidFilesError, match="severity"):
        load_entries(root)


def test_an_entry_that_matches_the_example_of_another_must_name_it(tmp_path: Path) -> None:
    root = write(tmp_path, GOOD)
    write(tmp_path, GOOD.replace("id: made-up", "id: twin").replace("Oh:", "Ah:"), name="twin")
    assert any("neither names the other" in fault for fault in faults(root))


def test_what_a_skeleton_lacks_is_reported(tmp_path: Path) -> None:
    reported = faults(write(tmp_path, render_skeleton("made-up", "build", "2026-01-01")))
    assert any("'title' needs" in fault for fault in reported)
    assert not any("isn't known here" in fault for fault in reported)


def test_a_further_language_may_have_some_of_the_texts(tmp_path: Path) -> None:
    text = GOOD.replace("it: Inventato}", "it: Inventato, pt-br: Inventado}") + "words: {pt-br: [inventado]}\n"
    root = write(tmp_path, text)
    assert faults(root) == []
    entry = load_entries(root)["made-up"]
    assert [entry.title.get(language) for language in ("it", "pt-br", "de")] == ["Inventato", "Inventado", "Made up"]
    assert entry.cause.get("pt-br") == "Somebody made it up."
    assert entry.words == {"en": (), "it": (), "pt-br": ("inventado",)}


@pytest.mark.parametrize("code", ["no", "English", "pt_br", "7", "e"])
def test_what_is_no_code_of_a_language_is_a_fault(tmp_path: Path, code: str) -> None:
    """An unquoted `no` is false in YAML."""
    reported = faults(write(tmp_path, GOOD.replace("it: Inventato}", f"it: Inventato, {code}: x}}")))
    assert any("'title' needs an 'en' and an 'it' text" in fault for fault in reported)
