"""`python app.py draft`: the same draft as the bot's, with the exit statuses and errors of `diagnose`."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from app import main
from tests.build_logs import begun, powershell, script_failed, succeeded

ROOT = Path(__file__).parents[3]
KEYS = [
    "schema", "language", "title", "title_en", "severity", "product_family", "product", "topic", "subtopic",
    "own_product", "older_path", "owner", "service_id", "problem_classification_id", "template_id", "subscription", "started",
    "frequency", "client", "last_good", "changed", "impact", "portal_url", "commands", "text", "text_en", "diagnosis",
]  # fmt: skip


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "customization.log"
    output = ["Connecting", 'The string is missing the terminator: ".', "password=hunter2hunter2"]
    path.write_text(script_failed(powershell(begun(), output, code=1), 1).text(), encoding="utf-8")
    return path


def test_text_is_the_case_in_the_language_asked_for(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["draft", "--lang", "it", str(log)]) == 0
    shown = capsys.readouterr().out
    assert "Prodotto: Virtual Machine running Windows\n" in shown
    assert "mancano le virgolette di chiusura (certo)" in shown
    assert "hunter2" not in shown


def test_json_has_every_key_always(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["draft", "--format", "json", str(log)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == KEYS
    assert (found["product"], found["owner"]["id"]) == ("Virtual Machine running Windows", "own-scripts")
    assert found["diagnosis"]["matches"][0]["entry"] == "script-nonzero-exit"
    assert "--title 'Azure VM Image Builder: PowerShell couldn t parse the script" in found["commands"]["bash"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"nothing that anybody knows")))
    assert main(["draft", "--format", "json", "-"]) == 1
    empty = json.loads(capsys.readouterr().out)
    assert list(empty) == KEYS
    assert [key for key in KEYS if empty[key] is None] == [
        "product", "owner", "service_id", "problem_classification_id", "template_id", "subscription", "started",
        "frequency", "client", "last_good", "changed", "impact", "commands",
    ]  # fmt: skip


def test_a_file_is_written_where_asked(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "case.md"
    assert main(["draft", "--format", "markdown", "--lang", "it", "--out", str(out), str(log)]) == 0
    assert capsys.readouterr().out == ""
    written = out.read_text(encoding="utf-8")
    assert written.startswith("# Richiesta di supporto\n\n```text\nFamiglia di prodotti: Azure\n")
    assert "# La stessa in inglese\n\n```text\nProduct family: Azure\n" in written


def test_a_build_that_succeeded_is_settled(tmp_path: Path) -> None:
    log = tmp_path / "good.log"
    log.write_text(succeeded(begun()).text(), encoding="utf-8")
    assert main(["draft", str(log)]) == 0


def test_what_cannot_be_read_or_written_is_named(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["draft", str(tmp_path / "none.log")]) == 2
    assert "none.log: cannot be read: No such file" in capsys.readouterr().err
    assert main(["draft", "--out", str(tmp_path), str(log)]) == 2
    assert f"{tmp_path}: cannot be written: " in capsys.readouterr().err
    with pytest.raises(SystemExit) as wrong:
        main(["draft"])
    assert wrong.value.code == 2


def test_it_needs_no_bot(log: Path) -> None:
    """No SDK and no web server are loaded for it."""
    code = (
        "import sys; from app import main; status = main(['draft', sys.argv[1]]); "
        "loaded = {name.partition('.')[0] for name in sys.modules}; "
        "assert not loaded & {'botbuilder', 'botframework', 'aiohttp', 'azure'}, loaded; sys.exit(status)"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(log)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
