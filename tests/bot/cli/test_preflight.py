"""`python app.py preflight`: what's printed in each format, which status it has, and what it never does."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app import main
from knowledge.preflight.rule_catalog import load_rules
from tests.knowledge.preflight.templates import build_resource

APT = {"customize": [{"type": "Shell", "name": "web", "inline": ["sudo apt-get install nginx", "cloud-init status"]}]}


def write(folder: Path, value: Any, name: str = "a.json") -> str:
    path = folder / name
    path.write_text(json.dumps(value, indent=2) if not isinstance(value, str) else value, "utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("properties", "options", "status"),
    [
        ({}, [], 0),
        (APT, [], 0),
        (APT, ["--fail-on", "warning"], 1),
        (APT, ["--fail-on", "warning", "--ignore", "apt-without-yes"], 0),
        ({"buildTimeoutInMinutes": 2000}, [], 1),
        ({"vmProfile": {}}, ["--fail-on", "warning"], 0),
    ],
)
def test_the_status_says_how_bad_it_is(
    tmp_path: Path, properties: dict[str, Any], options: list[str], status: int
) -> None:
    assert main(["preflight", write(tmp_path, build_resource(properties)), *options]) == status


def test_a_good_template_is_said_to_be_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = write(tmp_path, build_resource())
    assert main(["preflight", name]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"{name}: I found nothing that would fail.\n  Not checked:\n")
    assert main(["preflight", name, "--lang", "it"]) == 0
    assert "Non ho trovato nulla che causerebbe un errore" in capsys.readouterr().out


def test_a_finding_has_its_place_its_fix_and_its_entry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = write(tmp_path, build_resource(APT | {"buildTimeoutInMinutes": 2000}))
    main(["preflight", name])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == f"{name}: 1 error, 1 warning"
    assert lines[1].startswith("✖ Will fail: The build timeout of 2000 minutes")
    place = "customizer 1 (web) · script line 1 · line 25, column 17 · $.properties.customize[0].inline[0]"
    assert place in lines
    assert "Fix: Add `-y`, and set `DEBIAN_FRONTEND=noninteractive`." in lines
    assert "Leads to: Script ended with a non-zero exit code [script-nonzero-exit]" in lines


def test_findings_of_one_rule_are_told_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = write(tmp_path, build_resource(name="<name>", location="<region>"))
    main(["preflight", name])
    printed = capsys.readouterr().out
    assert printed.count("[placeholder-left]") == 1
    assert "Also: line 5, column 15: <region>" in printed


def test_what_was_not_looked_at_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [{"type": "Shell", "scriptUri": "https://example.com/setup.sh"}]
    main(["preflight", write(tmp_path, build_resource({"customize": steps}, name="[parameters('name')]"))])
    printed = capsys.readouterr().out
    assert "values that only the deployment knows: $.name\n" in printed
    assert "scripts that aren't in this folder: setup.sh\n" in printed


def test_a_script_beside_the_template_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [{"type": "Shell", "scriptUri": "https://example.com/setup.sh"}]
    name = write(tmp_path, build_resource({"customize": steps}))
    script = write(tmp_path, "#!/bin/bash\nsudo dnf install nginx\n", "setup.sh")
    main(["preflight", name])
    assert f"{script}, line 2, column 6" in capsys.readouterr().out


@pytest.mark.parametrize("address", ["https://example.com/../.env", "https://example.com/secret.txt", "https://a/.."])
def test_no_other_file_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str) -> None:
    for name in (".env", "secret.txt"):
        write(tmp_path, "sudo dnf install nginx\n", name)
    main(["preflight", write(tmp_path, build_resource({"customize": [{"type": "Shell", "scriptUri": address}]}))])
    assert "dnf" not in capsys.readouterr().out


def test_json_has_every_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = write(tmp_path, build_resource(APT))
    main(["preflight", name, name, "--format", "json"])
    first, second = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert first == second
    assert first["counts"] == {"error": 0, "warning": 1, "advice": 0}
    (finding,) = first["findings"]
    assert (finding["rule"], finding["entry"], finding["line"]) == ("apt-without-yes", "script-nonzero-exit", 25)
    assert finding["part"] == {"kind": "customizer", "number": 1, "name": "web"}
    assert finding["correctable"] is True


def test_sarif_names_rules_places_and_fixes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = write(tmp_path, build_resource(APT | {"vmProfile": {}}), "a b.json")
    main(["preflight", name, "--format", "sarif"])
    log = json.loads(capsys.readouterr().out)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert (log["version"], len(rules)) == ("2.1.0", len(load_rules()))
    warning, note = run["results"]
    assert (warning["level"], note["level"]) == ("warning", "note")
    assert rules[warning["ruleIndex"]]["id"] == warning["ruleId"] == "apt-without-yes"
    (location,) = warning["locations"]
    assert location["physicalLocation"]["region"] == {"startLine": 25, "startColumn": 17}
    assert location["physicalLocation"]["artifactLocation"]["uri"].endswith("/a%20b.json")
    (replacement,) = warning["fixes"][0]["artifactChanges"][0]["replacements"]
    offset, length = replacement["deletedRegion"].values()
    text = Path(name).read_text("utf-8")
    assert text[offset : offset + length] == "apt-get "
    assert replacement["insertedContent"]["text"] == "apt-get -y "


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_diff_can_be_applied(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], newline: str) -> None:
    text = json.dumps(build_resource(APT | {"buildTimeoutInMinutes": 2000}), indent=2)
    path = tmp_path / "a.json"
    path.write_text(text, "utf-8", newline=newline)
    script = f"import sys, app; sys.exit(app.main(['preflight', {str(path)!r}, '--diff']))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    diff = done.stdout.replace(str(path).encode(), b"/a.json")
    subprocess.run(["git", "apply", "-p2", "-"], input=diff, cwd=tmp_path, check=True)
    assert path.read_bytes() == text.replace("apt-get i", "apt-get -y i").replace(": 2000", ": 960").replace(
        "\n", newline
    ).encode("utf-8")


def test_nothing_to_correct_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = write(tmp_path, build_resource())
    assert main(["preflight", name, "--diff"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"{name}: there's nothing that can be corrected automatically\n"


def test_a_diff_has_no_secrets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [{"type": "Shell", "inline": ["export PASSWORD='Hunter2Hunter2!'", "sudo apt-get install nginx"]}]
    main(["preflight", write(tmp_path, build_resource({"customize": steps})), "--diff"])
    printed = capsys.readouterr()
    assert "apt-get -y install" in printed.out
    assert "Hunter2" not in printed.out
    assert "the diff hides a secret" in printed.err


@pytest.mark.parametrize("output", ["text", "json", "sarif"])
def test_no_format_shows_a_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str], output: str) -> None:
    steps = [{"type": "PowerShell", "inline": ["$password = 'Hunter2Hunter2!'; pause", "Write-Host 'x"]}]
    main(["preflight", write(tmp_path, build_resource({"customize": steps})), "--format", output])
    printed = capsys.readouterr().out
    assert "secret-in-inline" in printed
    assert "Hunter2" not in printed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": ', "line 1, column 7: a value is expected here"),
        ('{"a": 1}', "it has no resource of the type Microsoft.VirtualMachineImages/imageTemplates"),
        ('source "azure-arm" "a" {\n}', "it's a Packer template"),
    ],
)
def test_an_unreadable_file_is_2_and_the_others_are_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    bad, good = write(tmp_path, text, "bad.json"), write(tmp_path, build_resource())
    assert main(["preflight", bad, good, str(tmp_path / "missing.json")]) == 2
    printed = capsys.readouterr()
    assert f"{bad}: {message}" in printed.err
    assert "missing.json: cannot be read" in printed.err
    assert f"{good}: I found nothing that would fail." in printed.out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--ignore", "apt-without-yess"], "There's no rule 'apt-without-yess'. Did you mean apt-without-yes?"),
        (["--diff", "--format", "json"], "--diff has its own format; leave out --format"),
    ],
)
def test_wrong_usage_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str) -> None:
    assert main(["preflight", write(tmp_path, build_resource()), *options]) == 2
    assert capsys.readouterr().err == f"{message}\n"


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    content = json.dumps(build_resource(APT)).encode("utf-16")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    assert main(["preflight", "-"]) == 0
    assert "[apt-without-yes]" in capsys.readouterr().out


def test_a_parameter_file_fills_in_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template = {
        "parameters": {"t": {"type": "int"}},
        "resources": [build_resource({"buildTimeoutInMinutes": "[parameters('t')]"})],
    }
    parameters = write(tmp_path, {"parameters": {"t": {"value": 3000}}}, "p.json")
    assert main(["preflight", write(tmp_path, template), "--parameters", parameters]) == 1
    assert "3000 minutes" in capsys.readouterr().out


class TestBicep:
    """Bicep is translated by a program that's installed; here it's a script."""

    @pytest.fixture
    def tools(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        monkeypatch.setenv("PATH", str(folder))
        return folder

    def install(self, folder: Path, name: str, body: str) -> None:
        path = folder / name
        path.write_text(f"#!{sys.executable}\nimport sys\n{body}\n", "utf-8")
        path.chmod(0o755)

    @pytest.mark.parametrize(
        ("name", "arguments"),
        [
            ("bicep", ["build", "--stdout", "--no-restore"]),
            ("az", ["bicep", "build", "--stdout", "--no-restore", "--file"]),
        ],
    )
    def test_it_is_translated(
        self, tmp_path: Path, tools: Path, capsys: pytest.CaptureFixture[str], name: str, arguments: list[str]
    ) -> None:
        source = write(tmp_path, "resource a 'x'", "main.bicep")
        printed = json.dumps(build_resource(APT))
        self.install(tools, name, f"assert sys.argv[1:] == {[*arguments, source]!r}\nprint({printed!r})")
        assert main(["preflight", source]) == 0
        shown = capsys.readouterr().out
        assert "customizer 1 (web) · script line 1 · $.properties.customize[0].inline[0]" in shown

    def test_its_error_is_passed_on(self, tmp_path: Path, tools: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.install(tools, "bicep", "sys.exit('main.bicep(1,1) : Error BCP018: Expected')")
        source = write(tmp_path, "resource", "main.bicep")
        assert main(["preflight", source]) == 2
        assert capsys.readouterr().err == (f"{source}: bicep build failed: main.bicep(1,1) : Error BCP018: Expected\n")

    def test_without_a_program_it_is_said(
        self, tmp_path: Path, tools: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        source = write(
            tmp_path,
            "resource a 'Microsoft.VirtualMachineImages/imageTemplates@2024-02-01' = {\n"
            "  location: location\n  properties: {\n    buildTimeoutInMinutes: 2000\n  }\n}\n",
            "main.bicep",
        )
        assert main(["preflight", source]) == 1
        printed = capsys.readouterr().out
        assert "line 4, column 28 · a.properties.buildTimeoutInMinutes" in printed
        assert "values that only the deployment knows: a.location" in printed
        assert "neither bicep nor az is installed" in printed
        assert main(["preflight", source, "--diff"]) == 1
        assert "nothing that can be corrected automatically" in capsys.readouterr().err
        assert main(["preflight", str(tmp_path / "missing.bicep")]) == 2
        assert "missing.bicep: cannot be read" in capsys.readouterr().err


@pytest.fixture
def _without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_LOOK", "AZURE_CONFIG_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("_without_settings")
def test_a_template_in_azure_is_checked_with_what_it_refers_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preflight", "--live", "preflight-subnet", "--sandbox"]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith(
        "preflight-subnet: 1 error, 1 piece of advice\n  ✖ Will fail: Network policies for private link services"
    )
    assert "[subnet-private-link-policy]" in printed
    assert "line 1" not in printed
    assert printed.rstrip().endswith("policies, locks, quotas, firewalls, and whether script URLs respond")


@pytest.mark.usefixtures("_without_settings")
def test_what_could_not_be_looked_up_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["preflight", "--live", "preflight-secret", "--sandbox"]
    assert main([*arguments, "--lang", "it"]) == 0
    assert "le assegnazioni di ruolo (nessun accesso a rg-secret)" in capsys.readouterr().out
    assert main([*arguments, "--format", "json"]) == 0
    assert "role assignments (no access to rg-secret)" in json.loads(capsys.readouterr().out)["not_checked"]


@pytest.mark.usefixtures("_without_settings")
def test_a_resource_id_is_a_name_and_rules_can_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    group = "/subscriptions/c4b7d912-0e5a-4f68-8a23-71d9e5f0b46c/resourceGroups/rg-checks"
    name = f"{group}/providers/Microsoft.VirtualMachineImages/imageTemplates/preflight-subnet"
    assert main(["preflight", "--live", name, "--sandbox", "--ignore", "subnet-private-link-policy"]) == 0
    capsys.readouterr()
    assert main(["preflight", "--live", name, "--sandbox", "--format", "sarif"]) == 1
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    (found,) = (one for one in run["results"] if one["level"] == "error")
    assert run["tool"]["driver"]["rules"][found["ruleIndex"]]["id"] == found["ruleId"] == "subnet-private-link-policy"
    assert "region" not in found["locations"][0]["physicalLocation"]


@pytest.mark.usefixtures("_without_settings")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--live", "nothere", "--sandbox"], "nothere: there's no image template with this name"),
        (["--live", "ubuntu-web", "--sandbox"], "several image templates have this name; add one of -g rg-images"),
        (["--live", "no name", "--sandbox"], "no name: neither a template's name nor its resource ID"),
        (["--live", "x", "a.json"], "Give either files or --live"),
        ([], "Give either files or --live"),
        (["--live", "x", "--diff"], "--diff and --parameters are for files"),
        (["--live", "preflight-subnet", "--ignore", "subnet-gon"], "Did you mean subnet-gone?"),
    ],
)
def test_what_cannot_be_checked_in_azure_says_so(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["preflight", *arguments]) == 2
    assert said in capsys.readouterr().err
