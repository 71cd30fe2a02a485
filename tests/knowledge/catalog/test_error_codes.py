"""The meaning of error codes that no entry recognizes by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.catalog.error_codes import find_error_code, load_error_codes
from knowledge.checks.entry_checks import check_entries
from knowledge.model.entry import COMPLETE_LANGUAGES
from knowledge.model.errors import InvalidFilesError
from tests.shipped_knowledge import ENTRIES

BAD = """\
codes:
- codes: [Odd]
  meaning: {en: a, it: b}
  reference: {title: A page, url: 'https://example.org'}
- codes: [odd]
  meaning: {en: a}
  reference: {title: A page}
  entries: [of-yesterday]
- meaning: {en: a, it: b}
  reference: {title: A page, url: 'https://example.org'}
"""


@pytest.mark.parametrize("code", ["VMExtensionProvisioningError", "cannotdeleteresource", "TOOMANYREQUESTS"])
def test_a_code_is_found_in_any_case(code: str) -> None:
    known = find_error_code(code)
    assert known is not None
    assert known.reference.url.startswith("https://learn.microsoft.com/")
    assert all(known.meaning.get(language).endswith(".") for language in COMPLETE_LANGUAGES)


def test_an_unknown_code_has_no_meaning() -> None:
    assert find_error_code("QuotaExceededTwice") is None


def test_the_shipped_codes_lead_to_entries_that_exist() -> None:
    assert {entry for known in load_error_codes().values() for entry in known.entries} <= set(ENTRIES)


def test_faults_of_the_file_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "codes.yaml"
    path.write_text(BAD, "utf-8")
    with pytest.raises(InvalidFilesError) as caught:
        load_error_codes(path)
    message = str(caught.value)
    assert "odd already has a meaning" in message
    assert "needs an 'en' and an 'it' text" in message
    assert "'url' must be a text" in message
    assert "'codes' must be a list of words" in message


def test_a_code_that_names_an_entry_of_yesterday_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "codes.yaml"
    path.write_text(BAD.split("- codes: [odd]")[0].rstrip() + "\n  entries: [of-yesterday]\n", "utf-8")
    assert any("there's no entry 'of-yesterday'" in fault.message for fault in check_entries(error_codes=path))
