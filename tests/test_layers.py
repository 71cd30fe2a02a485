"""The house's rules, read from its imports: app -> bot -> dialogs -> knowledge, each SDK behind its own modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("app", "bot", "dialogs", "knowledge")  # each may import itself and what follows

SDKS = {"aiohttp", "azure", "botbuilder", "botframework", "msal", "msrest"}
TEAMS_SDK = {"botbuilder", "botframework", "msrest"}
AZURE_SDK = {"azure", "msal"}

TEAMS_FACING = {"bot.teams.activities", "bot.teams.botframework.adapter"}
AZURE_FACING = {
    "bot.auth.managed_identity",
    "bot.state.blob_store",
    "bot.azure.support.client",
    "bot.azure.support.attachments",
    "bot.azure.support.ticket_filer",
    "bot.azure.support.refusals",
    "bot.azure.support.ticket_json",
    "bot.azure.support.support_policy",
    "bot.azure.templates.template_reader",
    "bot.azure.clients.management_clients",
    "bot.azure.credentials.credential_provider",
    "bot.azure.logs.log_blob",
    "bot.azure.logs.log_locator",
    "bot.azure.credentials.own_credentials",
    "bot.azure.clients.refusals",
    "bot.azure.credentials.scoped_credential",
    "bot.azure.templates.subscription_scan",
    "bot.azure.credentials.sign_in_errors",
    "bot.azure.templates.template_status",
    "bot.azure.arm.read_only_policy",
    "bot.sandbox.tokens",
    "bot.sign_in.on_behalf_of",
    "bot.telemetry.opentelemetry",
}

MOST_LINES = 300
VAGUE = {"utils", "util", "helpers", "helper", "manager", "managers", "data"}


def sources() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    found = {}
    for layer in LAYERS:
        for path in [ROOT / f"{layer}.py", *(ROOT / layer).rglob("*.py")]:
            if path.is_file():
                found[".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")] = path
    return found


def imports(path: Path, module: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import in a file, inside functions too; relative ones as what they stand for."""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            yield node.lineno, ".".join([*base, *([node.module] if node.module else [])])


SOURCES = sources()
MODULES = [pytest.param(module, path, id=module) for module, path in sorted(SOURCES.items())]


def tops(path: Path, module: str) -> dict[str, int]:
    """The top-level packages that a file imports, each with a line that does."""
    return {name.split(".")[0]: line for line, name in imports(path, module)}


@pytest.mark.parametrize(("module", "path"), MODULES)
def test_imports_run_one_way(module: str, path: Path) -> None:
    own = LAYERS.index(module.split(".")[0])
    upward = {name: line for name, line in tops(path, module).items() if name in LAYERS[:own]}
    assert not upward, f"{module} imports a layer above its own (name: line): {upward}"


@pytest.mark.parametrize(("module", "path"), [p for p in MODULES if p.values[0].split(".")[0] in LAYERS[2:]])
def test_knowledge_and_dialogs_import_no_sdk(module: str, path: Path) -> None:
    found = {name: line for name, line in tops(path, module).items() if name in SDKS}
    assert not found, (
        f"{module} imports an SDK (name: line): {found}; declare a Protocol in dialogs/model/ports.py instead"
    )


@pytest.mark.parametrize(("module", "path"), [p for p in MODULES if p.values[0].split(".")[0] in LAYERS[:2]])
def test_each_sdk_stays_behind_its_own_modules(module: str, path: Path) -> None:
    found = set(tops(path, module))
    assert module in TEAMS_FACING or not found & TEAMS_SDK, f"{module}, not Teams-facing, imports {found & TEAMS_SDK}"
    assert module in AZURE_FACING or not found & AZURE_SDK, f"{module}, not Azure-facing, imports {found & AZURE_SDK}"


def test_no_module_faces_both_sides() -> None:
    assert not TEAMS_FACING & AZURE_FACING
    for module in TEAMS_FACING | AZURE_FACING:
        assert module in SOURCES, f"{module} stands on a list here and exists no more"
        found = set(tops(SOURCES[module], module))
        assert found & (TEAMS_SDK | AZURE_SDK), f"{module} imports no SDK any more: take it off the list"
        assert not (found & TEAMS_SDK and found & AZURE_SDK), f"{module} imports both SDKs"


@pytest.mark.parametrize(("module", "path"), MODULES)
def test_a_module_is_short_and_named_for_what_it_does(module: str, path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= MOST_LINES, f"{module} has {lines} lines: has it more than one responsibility?"
    assert not VAGUE & set(module.split(".")), f"{module} is named for nothing in particular"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import bot.cards.cards", "bot.cards.cards"),
        ("from bot import cards", "bot"),
        ("from .turn import Turn", "dialogs.model.turn"),
        ("from . import turn", "dialogs"),
        ("from ..bot import cards", "bot"),
        ("def late():\n    from azure.identity import X", "azure.identity"),
    ],
)
def test_no_way_to_import_is_overlooked(tmp_path: Path, source: str, found: str) -> None:
    path = tmp_path / "talk.py"
    path.write_text(source)
    assert [name for _, name in imports(path, "dialogs.replies.general_replies")] == [found]
