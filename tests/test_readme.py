"""What the pages say is in the code, and what the code reads is in the pages: settings, commands, links, templates."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest

from app import COMMANDS, build_parser
from bot.cli.package import OPTIONS
from bot.sandbox.builds.scenario import read_scenario
from bot.settings.table import SECTIONS
from dialogs.model.azure import AccessMode
from knowledge.catalog import entry_parsing
from tests.reporting import failures_together

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
DECISIONS = ROOT / "docs" / "decisions"
FOLDERS = ("appmanifest", "bot", "dialogs", "docs", "knowledge")
PAGES = sorted([*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md"))])

SETTINGS = {setting.name for settings in SECTIONS.values() for setting in settings}
PACKAGE = {option.variable for option in OPTIONS}


def rows(text: str, head: str) -> list[list[str]]:
    """The cells of every table whose first column is called `head`."""
    found: list[list[str]] = []
    inside = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if not cells:
            inside = False
        elif cells[0] == head:
            inside = True
        elif inside and not set(line) <= set("|- "):
            found.append(cells)
    return found


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def prose_of(path: Path) -> str:
    return path.read_text("utf-8")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_every_setting_stands_in_a_table() -> None:
    told = {name for row in rows(OPERATIONS, "variable") for name in named(row[0])}
    assert told >= SETTINGS | PACKAGE, f"not in docs/operations.md: {(SETTINGS | PACKAGE) - told}"


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_has_its_settings_in_their_order(section: str) -> None:
    (text,) = re.findall(rf"^##+ {section}\n(.*?)(?=^##|\Z)", OPERATIONS, re.MULTILINE | re.DOTALL)
    assert [named(row[0]) for row in rows(text, "variable")] == [[setting.name] for setting in SECTIONS[section]]


def test_every_variable_of_a_table_is_read() -> None:
    with failures_together(at_least=20) as failures:
        for page in PAGES:
            told = {name for row in rows(prose_of(page), "variable") for name in named(row[0])}
            with failures.check(name_of(page)):
                assert told <= SETTINGS | PACKAGE, f"nobody reads {told - SETTINGS - PACKAGE}"


def test_the_defaults_are_those_of_the_code() -> None:
    (table,) = [part for part in OPERATIONS.split("\n\n") if part.startswith("| variable | default |")]
    told = {named(row[0])[0]: "".join(named(row[1])) for row in rows(table, "variable")}
    assert told == {setting.name: setting.default for setting in SECTIONS["The server"]}
    other_defaults = {"AZURE_LOOK": "off", "AZURE_CLOUD": "public", "SUPPORT_FILING": "off", "SHARE_LOOKS": "off"}
    for row in rows(OPERATIONS, "variable"):
        for default in re.findall(r"`(\w+)` \(default\)", row[-1]):
            assert other_defaults.pop(named(row[0])[0]) == default
    assert not other_defaults


def test_an_option_of_the_package_stands_beside_its_variable() -> None:
    told = {
        pair
        for row in rows(OPERATIONS, "variable")
        for pair in zip(named(row[0]), named(row[1]), strict=False)
        if pair[1].startswith("--")
    }
    assert told == {(option.variable, option.flag) for option in OPTIONS}


def test_every_mode_of_looking_is_told() -> None:
    for text in (OPERATIONS, prose_of(ROOT / "appmanifest/azure/README.md")):
        (row,) = [row for row in rows(text, "variable") if named(row[0]) == ["AZURE_LOOK"]] or [
            [name for row in rows(text, "`AZURE_LOOK`") for name in row[:1]]
        ]
        assert set(get_args(AccessMode)) <= set(named(" ".join(row)))


def test_every_command_is_told() -> None:
    told = set(re.findall(r"app\.py (\w+)", README + OPERATIONS))
    assert told == COMMANDS.keys()


def test_every_command_that_is_told_can_be_given() -> None:
    with failures_together(at_least=20) as failures:
        for page in PAGES:
            text = prose_of(page)
            lines = re.findall(r"^    .*?app\.py ([^\n]+)$", text, re.MULTILINE)
            lines += re.findall(r"`python app\.py ([^`]+)`", text)
            with failures.check(name_of(page)):
                assert set(re.findall(r"app\.py (\w+)", text)) <= COMMANDS.keys()
                for line in lines:
                    words = shlex.split(re.split(r" [|<>] ", line)[0], comments=True)
                    if "…" not in words:
                        assert build_parser(words).parse_args(words).command == words[0]


def test_every_target_that_is_told_can_be_made() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    with failures_together(at_least=10) as failures:
        for page in PAGES:
            for target in re.findall(r"(?:^    |`)make (\w+)", prose_of(page), re.MULTILINE):
                with failures.check(f"make {target} in {name_of(page)}"):
                    assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_every_link_leads_somewhere() -> None:
    with failures_together(at_least=50) as failures:
        for page in PAGES:
            for target in re.findall(r"\]\(([^)\s]+)\)", prose_of(page)):
                if re.match(r"https?://", target):
                    continue
                name, _, anchor = target.partition("#")
                found = page.parent / name if name else page
                with failures.check(f"{target} in {name_of(page)}"):
                    assert found.exists()
                    if anchor:
                        heads = re.findall(r"^#+ (.+)$", prose_of(found), re.MULTILINE)
                        assert anchor in {
                            re.sub(r"[^\w -]", "", one).strip().lower().replace(" ", "-") for one in heads
                        }


def test_the_sandbox_has_the_templates_that_are_told() -> None:
    told = {name for row in rows(README, "`look at`") for name in named(row[0])}
    assert told
    assert told <= {template.name for template in read_scenario().templates}


def test_the_readme_and_the_decisions_are_short() -> None:
    assert len(README.splitlines()) <= 150
    records = [path for path in DECISIONS.glob("*.md") if path.name != "README.md"]
    assert records
    assert {path.name: lines for path in records if (lines := len(prose_of(path).splitlines())) > 40} == {}


def test_the_index_names_every_decision() -> None:
    told = set(re.findall(r"\]\(([^)]+)\)", prose_of(DECISIONS / "README.md")))
    assert told == {path.name for path in DECISIONS.glob("*.md")} - {"README.md"}


def test_the_versions_of_what_is_stored_are_those_of_the_code() -> None:
    written = {}
    for row in rows(OPERATIONS, "stored thing"):
        (path,) = [name for name in named(row[0]) if name.endswith(".py")]
        written[path] = row[1]
    found = {}
    for path in written:
        found[path] = re.findall(
            r"^(?:\w+_)?(?:VERSION|FORMAT|SCHEMA)(?:_VERSION)? = (\d+)$", prose_of(ROOT / path), re.MULTILINE
        )
    assert len(written) == 4
    assert found == {path: [version] for path, version in written.items()}


def test_every_key_of_an_entry_is_told() -> None:
    page = prose_of(ROOT / "knowledge/entries/README.md")
    told = {name for row in rows(page, "key") for name in named(row[0])}
    assert told == set(entry_parsing._ENTRY_KEYS)
    # the example of a signature begins each key on its own line
    assert set(re.findall(r"^    (?:- |  )(\w+): ", page, re.MULTILINE)) | {"observed"} == set(
        entry_parsing._SIGNATURE_KEYS
    )
    assert all(f"`{key}`" in page for key in entry_parsing.STEP_KEYS)
    assert "`observed:" in page


def test_a_page_that_is_not_right_is_noticed() -> None:
    assert rows("| variable | x |\n| --- | --- |\n| `A`, `B` | y |\n\n| other |\n| `C` |", "variable") == [
        ["`A`, `B`", "y"]
    ]
    assert named("`A`, `B`") == ["A", "B"]
