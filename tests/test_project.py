"""What a fresh clone relies on: pinned requirements, no machine-specific path, a Makefile with help."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = (
    "requirements.txt",
    "requirements-image.txt",
    "requirements-telemetry.txt",
    "requirements-shellcheck.txt",
    "requirements-dev.txt",
)
AUDIT = "requirements-audit.txt"
AZURE_CLI = "tests/azure_cli/requirements.txt"
PLAYGROUND = ROOT / "playground"

PIN = re.compile(r"([a-z0-9-]+)==([0-9][0-9a-z.]*)( ; [^;]+?)?(?: \\)?")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
ELSEWHERE = re.compile(r"://|--(?:extra-)?index|--find-links|--trusted-host| @ ")

# somebody's home or workspace; accounts that build agents and images have on every machine tell nothing
MACHINE_PATH = re.compile(
    r"(?<![\w.}>~-])/(?:root|work|workspace|Users|home/(?!vsts|runner|packer|azureuser|[<{$]))/?[\w.-]+"
    r"|\b[A-Z]:\\Users\\(?!packer|runneradmin|VssAdministrator|Administrator|Public|Default|[<{$%])\w+",
)


def pins(name: str) -> dict[str, str]:
    """Package and version of every line of a requirements file that is not a comment."""
    lines = [line for line in (ROOT / name).read_text("utf-8").splitlines() if not line.lstrip().startswith("#")]
    found = {}
    for line in lines:
        if HASH.fullmatch(line):
            continue
        pin = PIN.fullmatch(line)
        assert pin, f"{name}: {line!r} is not pinned to one version"
        found[pin[1]] = pin[2]
    return found


@pytest.mark.parametrize(
    "name", [path for name in (*REQUIREMENTS, AUDIT, AZURE_CLI) for path in (name, f"{name[:-4]}.in")]
)
def test_requirements_name_no_place_to_fetch_from(name: str) -> None:
    assert not ELSEWHERE.findall((ROOT / name).read_text("utf-8"))


@pytest.mark.parametrize("name", [*REQUIREMENTS, AUDIT])
def test_every_pin_has_the_hashes_of_its_files(name: str) -> None:
    packages = re.split(r"^(?=[a-z0-9-]+==)", (ROOT / name).read_text("utf-8"), flags=re.MULTILINE)[1:]
    assert len(packages) == len(pins(name))
    assert [package.split()[0] for package in packages if not HASH.search(package)] == []


@pytest.mark.parametrize("name", [*REQUIREMENTS, AUDIT, AZURE_CLI])
def test_every_requirement_is_pinned(name: str) -> None:
    asked = (ROOT / name).with_suffix(".in").read_text("utf-8").splitlines()
    names = {
        line.partition(";")[0].strip().lower()
        for line in asked
        if line.strip() and not line.startswith(("#", "-r", "-c"))
    }
    assert names
    assert names <= pins(name).keys(), f"{name} is older than its .in file: run make lock"


def test_development_runs_on_what_people_run() -> None:
    developed = pins("requirements-dev.txt").items()
    assert pins("requirements.txt").items() <= developed
    assert pins("requirements-image.txt").items() <= pins("requirements.txt").items()
    assert pins("requirements-telemetry.txt").items() <= developed


def test_the_playground_is_pinned_and_comes_from_anywhere() -> None:
    wanted = json.loads((PLAYGROUND / "package.json").read_text("utf-8"))["dependencies"]
    text = (PLAYGROUND / "package-lock.json").read_text("utf-8")
    locked = json.loads(text)["packages"]
    assert '"resolved"' not in text
    assert "://" not in text
    assert wanted == {name: locked[f"node_modules/{name}"]["version"] for name in wanted}
    assert all("integrity" in package for path, package in locked.items() if path)


def test_the_playground_accepts_its_people() -> None:
    config = yaml.safe_load((PLAYGROUND / ".m365agentsplayground.yml").read_text("utf-8"))
    people = [config["currentUser"], *config["users"]]
    assert len(config["users"]) == 5, "the Playground ends at once with any other number"
    assert len({person["id"] for person in people}) == len({person["aadObjectId"] for person in people}) == len(people)
    assert all(person["email"].endswith("@example.com") for person in people)
    assert len(config["team"]["channels"]) <= 1
    assert config["bot"]["name"] == "Image Medic"


def test_no_file_holds_a_path_of_one_machine(real: Callable[[str], str]) -> None:
    listed = subprocess.run([real("git"), "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b"\0"
        if b"\0" in content or name.startswith("tests/cases/"):  # what others' machines printed
            continue
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
            found += [f"{name}:{number}: {hit[0]}" for hit in MACHINE_PATH.finditer(line)]
    assert listed.stdout
    assert not found, "\n".join(found)


@pytest.mark.parametrize("text", ["see /root/" + "notes", "in /home/" + "maria/src", "at C:\\Users\\" + "maria\\src"])
def test_a_path_of_one_machine_is_seen(text: str) -> None:
    assert MACHINE_PATH.search(text)


def test_make_help_tells_every_target(real: Callable[[str], str]) -> None:
    told = subprocess.run([real("make"), "help"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert phony
    assert re.findall(r"make (\w+)", told)[: len(phony[1].split())] == phony[1].split()


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("#!/bin/sh\ncase $2 in *sys.exit*) exit 1;; *) echo 3.9.1;; esac\n", "python3 here is 3.9.1"),
        ("", "python3 here is missing"),
    ],
)
def test_an_unsupported_python_gets_one_sentence(
    tmp_path: Path, real: Callable[[str], str], script: str, told: str
) -> None:
    make = real("make")
    for name in ("Makefile", *REQUIREMENTS):
        shutil.copy(ROOT / name, tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    if script:
        (programs / "python3").write_text(script)
        (programs / "python3").chmod(0o755)
    environ = {key: value for key, value in os.environ.items() if key not in ("PYTHON", "MAKEFLAGS", "MAKELEVEL")}
    result = subprocess.run(
        [make, "--silent", "run", "SHELL=/bin/sh"],
        cwd=tmp_path, env={**environ, "PATH": str(programs)}, capture_output=True, check=False, text=True,
    )  # fmt: skip
    said = [line for line in result.stderr.splitlines() if not line.startswith("make")]
    assert result.returncode != 0
    assert len(said) == 1
    assert "Image Medic needs Python 3.11, 3.12, 3.13 or 3.14; " + told in said[0]
    assert not (tmp_path / ".venv").exists()


def test_the_makefile_takes_the_pythons_that_the_project_supports() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    span = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"])
    assert span
    oldest, newest = int(span[1]), int(span[2]) - 1
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert f"(3, {oldest}) <= sys.version_info[:2] <= (3, {newest})" in makefile
    assert {int(minor) for minor in re.findall(r"python3\.(\d+)", makefile)} == set(range(oldest, newest + 1))
