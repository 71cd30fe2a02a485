"""Each section of the benchmark runs, at its smallest, and says nothing went wrong. How fast it is, nobody asserts."""

from __future__ import annotations

import pytest

from tests.bench.__main__ import QUICK, SECTIONS, main

pytestmark = pytest.mark.real


def test_every_section_has_a_quick_form() -> None:
    assert list(QUICK) == list(SECTIONS)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_runs(section: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNOWLEDGE_CACHE", "off")
    assert main(["--quick", section]) == 0
    printed = capsys.readouterr().out
    assert f"\n{section}\n" in printed
    assert "WRONG" not in printed
    # a ratio at least
    assert any(word.replace(".", "").isdecimal() for word in printed.split())


def test_pastes_are_compared_with_an_earlier_commit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--against", "HEAD", "pastes"]) == 0
    assert "against HEAD" in capsys.readouterr().out


def test_an_unknown_section_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["pasts"])
    assert "no such section: pasts; there are start, pastes" in capsys.readouterr().err
