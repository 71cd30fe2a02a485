"""`entries check` refuses unreliable findings, and names the file and the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.catalog.findings import FINDINGS_DIR, load_findings, open_finding_files
from knowledge.checks.entry_checks import check_entries
from knowledge.checks.finding_checks import check_findings
from knowledge.model.errors import InvalidFilesError
from tests.knowledge.checks.test_entry_checks import GOOD as GOOD_ENTRY
from tests.knowledge.checks.test_entry_checks import line_of, write

TEXTS = """\
  title: {en: '{tool|A tool} broke', it: 'Si è rotto {tool|uno strumento}'}
  cause: {en: It broke., it: Si è rotto.}
  steps:
    - do: {en: Read it., it: Guardalo.}
    - do: {en: Repair it., it: Riparalo.}
  retry: no
  owner: script
"""
GOOD = f"""\
- id: broken-tool
  weight: 8
  text: the tool broke
  capture: 'tool broke: (?P<tool>\\w+)'
{TEXTS}  examples:
    - 'Oh: the tool broke'
    - {{text: 'the tool broke: hammer', title: hammer broke}}
  not_examples: [the tool works]
"""
FALLBACKS = "".join(
    f"- id: {trigger}\n  weight: 0\n  when: {trigger}\n{TEXTS.replace('{tool|A tool}', 'It')}".replace("{tool|uno strumento}", "tutto")
    for trigger in ("nothing-said", "nothing-printed", "silent", "stopped", "cut", "repeating")
)  # fmt: skip


def write_findings(root: Path, text: str) -> Path:
    folder = root / "findings"
    folder.mkdir()
    (folder / "good.yaml").write_text(text, encoding="utf-8")
    (folder / "fallbacks.yaml").write_text(FALLBACKS, encoding="utf-8")
    return folder


def test_a_good_finding_has_no_fault(tmp_path: Path) -> None:
    assert check_findings(write_findings(tmp_path, GOOD)) == []


FAULTS = [
    # the text to replace, its replacement, a part of the line with the fault, a part of the message
    ("  text: the tool broke\n", "", "id: broken-tool", "needs at least one 'text' or 'regex'"),
    ("  examples:\n    - 'Oh: the tool broke'\n    - {text: 'the tool broke: hammer', title: hammer broke}\n", "", "id: broken-tool", "needs at least one line in 'examples'"),
    ("  not_examples: [the tool works]\n", "", "id: broken-tool", "needs at least one line in 'not_examples'"),
    ("'Oh: the tool broke'", "'Oh: all is well'", "all is well", "is recognized as nothing"),
    ("title: hammer broke", "title: saw broke", "title: saw broke", "gives the headline 'hammer broke', not 'saw broke'"),
    ("[the tool works]", "[again the tool broke]", "not_examples", "the near miss 'again the tool broke' is recognized"),
    ("{en: '{tool|A tool} broke'", "{en: '{toil|A tool} broke'", "title:", "nothing captures toil"),
    ("{en: It broke.", "{en: '{part|It} broke.'", "cause:", "nothing captures part"),
    ("{en: Read it.", "{en: 'Look at {part|it}.'", "steps:", "nothing captures part"),
    ("'{tool|A tool} broke'", f"'{{tool|A tool}} broke {'x' * 110}'", "title:", "at most 110 characters"),
    ("'Si è rotto {tool|uno strumento}'", f"'{'x' * 111}'", "title:", "at most 110 characters"),
    ("it: Si è rotto.}", "de: Kaputt.}", "cause:", "needs an 'en' and an 'it' text"),
    ("    - do: {en: Repair it., it: Riparalo.}\n", "", "steps:", "has 2 to 4 steps"),
    ("weight: 8", "weight: 11", "weight:", "a weight is from 0 to 10"),
    ("owner: script", "owner: nobody", "owner:", "use script, publisher, network, image, template, subscription, azure"),
    ("retry: no", "retry: perhaps", "retry:", "use yes, after-fix, no"),
    ("(?P<tool>\\w+)", "(?P<tool>(?=x))", "capture:", "RE2 doesn't accept"),
    ("weight: 8", "weight: 8\n  when: never", "when:", "use said, nothing-said, nothing-printed, silent, repeating, cut, stopped"),
    ("weight: 8", "weight: 8\n  color: red", "color:", "'color' isn't known here"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "where", "message"), FAULTS, ids=[case[3][:40] for case in FAULTS])
def test_each_fault_is_reported_with_file_and_line(
    tmp_path: Path, old: str, new: str, where: str, message: str
) -> None:
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    reported = [str(fault) for fault in check_findings(write_findings(tmp_path, text))]
    matching = [fault for fault in reported if message in fault]
    assert matching, reported
    assert matching[0].startswith(f"findings/good.yaml:{line_of(text, where)}: ")


def test_an_id_is_there_once(tmp_path: Path) -> None:
    faults = check_findings(write_findings(tmp_path, GOOD + GOOD))
    assert [fault.message for fault in faults] == ["the id 'broken-tool' is taken in findings/good.yaml"]


def test_what_no_finding_fits_needs_one_too(tmp_path: Path) -> None:
    folder = write_findings(tmp_path, GOOD)
    (folder / "fallbacks.yaml").write_text(FALLBACKS[: FALLBACKS.index("- id: repeating")], encoding="utf-8")
    (fault,) = check_findings(folder)
    assert "for each of: repeating" in fault.message
    with pytest.raises(InvalidFilesError, match="repeating"):
        load_findings(folder)


def test_a_heavier_finding_takes_an_example_away(tmp_path: Path) -> None:
    other = GOOD.replace("id: broken-tool", "id: heavy").replace("weight: 8", "weight: 9")
    faults = check_findings(write_findings(tmp_path, GOOD + other))
    assert {fault.message for fault in faults} >= {"'Oh: the tool broke' is recognized as heavy"}


@pytest.mark.parametrize("text", ["", "{}", "a: [unclosed"])
def test_a_file_of_another_structure_has_faults(tmp_path: Path, text: str) -> None:
    faults = check_findings(write_findings(tmp_path, text))
    assert faults
    assert all(fault.file == "findings/good.yaml" for fault in faults)


def test_the_faults_of_findings_are_reported_with_those_of_entries(tmp_path: Path) -> None:
    folder = write_findings(tmp_path, GOOD.replace("weight: 8", "weight: 11"))
    reported = check_entries(write(tmp_path, GOOD_ENTRY), findings=folder)
    assert [fault.file for fault in reported] == ["findings/good.yaml"]


def test_the_shipped_findings_have_no_fault() -> None:
    assert check_findings(FINDINGS_DIR) == []
    assert sum(len(file.value) for file in open_finding_files()) > 300


ENTRY_FAULTS = [
    ("title: {en: Made up", "headline: {en: '{what|It} broke', it: 'Rotto'}\ntitle: {en: Made up", "headline:", "no signature captures what"),
    ("title: {en: Made up", f"headline: {{en: '{'x' * 111}', it: 'Rotto'}}\ntitle: {{en: Made up", "headline:", "at most 110"),
    ("near_misses:\n  - {why: another failure, text: the other failure}\n", "", "id:", "needs a near miss"),
    ("examples:\n  - {source: made up, text: 'Oh: the made-up failure', evidence: made-up failure}\n", "", "id:", "needs an example"),
    (", evidence: made-up failure}", "}", "source: made up", "lines are shown as proof"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "where", "message"), ENTRY_FAULTS, ids=[case[3] for case in ENTRY_FAULTS])
def test_entries_are_held_to_the_same(tmp_path: Path, old: str, new: str, where: str, message: str) -> None:
    text = GOOD_ENTRY.replace(old, new, 1)
    assert text != GOOD_ENTRY
    reported = [str(fault) for fault in check_entries(write(tmp_path, text))]
    assert any(message in fault for fault in reported), reported
    assert any(fault.startswith(f"entries/build/made-up.yaml:{line_of(text, where)}: ") for fault in reported)


def test_an_entry_without_a_signature_needs_them_too(tmp_path: Path) -> None:
    text = GOOD_ENTRY.replace(
        "signatures:\n  - {id: main, strength: decisive, text: the made-up failure}", "signatures: []"
    )
    text = text[: text.index("examples:")]
    reported = [str(fault) for fault in check_entries(write(tmp_path, text))]
    assert any("needs an example" in fault for fault in reported)
    assert any("needs a near miss" in fault for fault in reported)
