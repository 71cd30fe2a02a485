"""`python app.py look NAME`: one lookup, as text and as JSON, against the sandbox over real HTTP."""

from __future__ import annotations

import json
import logging

import pytest

from app import main


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither settings nor a sign-in of the machine."""
    for name in ("AZURE_LOOK", "AZURE_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)
    logging.getLogger("azure").setLevel(logging.CRITICAL)


def test_a_failed_run_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["look", "win11-golden", "-g", "rg-images", "--sandbox"]) == 1
    shown = capsys.readouterr().out
    for part in (
        "Template win11-golden",
        "The run got to customizer 3 of 5",
        "✖ PowerShell couldn't parse the script: a quote is never closed",
        "Certain: line 280 says so.",
        "Step 1 of 4.",
    ):
        assert part in shown
    assert "[1]" not in shown


def test_the_json_has_the_diagnosis(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["look", "win11-golden", "--sandbox", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == 1
    assert found["template"]["id"].endswith("/imageTemplates/win11-golden")
    assert found["run"]["state"] == "Failed"
    assert found["diagnosis"]["finding"]["id"] == "powershell-unbalanced-quotes"
    assert found["mistake"] == {
        "rule": "quote-unclosed",
        "is_error": True,
        "is_possible": False,
        "path": "$.properties.customize[2].inline[6]",
        "script_line": 7,
        "text": 'Write-Error "An error occurred: $_',
        "diff": [],
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothere"], "No template matches nothere."),
        (["ubuntu-web"], "More than one template matches"),
        (["ubuntu-web", "--lang", "it"], "Corrisponde più di un modello"),
    ],
)
def test_what_cannot_be_read_says_so(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["look", *arguments, "--sandbox"]) == 2
    assert said in capsys.readouterr().out


def test_a_template_that_never_ran_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["look", "ubuntu-new", "--sandbox"]) == 0
    assert "hasn't run yet" in capsys.readouterr().out


def test_what_is_no_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["look", "no name", "--sandbox"]) == 2
    assert "not a valid template name" in capsys.readouterr().err
