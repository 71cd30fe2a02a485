"""The architecture as a test: the order of imports, who may know which SDK, the size of folders, unique class names.

`docs/architecture.md` explains the floors. A floor imports the floors below it and never one above; two folders never
import each other.
"""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bot.errors import BotError
from dialogs.model.errors import DialogError
from knowledge.model.errors import KnowledgeError

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("app", "bot", "dialogs", "knowledge")
"""From the top: each imports itself and what follows."""

FLOORS = {
    "bot": (
        ("cli",),
        ("doctor", "preflight"),
        ("host",),
        ("teams/botframework", "sandbox/support", "azure/support", "terminal"),
        ("sign_in", "sandbox"),
        ("teams", "azure", "sandbox/builds", "sharing"),
        ("turns", "azure/templates"),
        ("azure/logs",),
        ("azure/clients",),
        ("azure/credentials",),
        ("files", "cards", "azure/arm"),
        ("auth", "state", "telemetry", "workload", "template_check"),
        ("settings",),
        ("errors", "loopback_hosts"),
    ),
    "dialogs": (
        ("conversation",),
        ("typed_actions",),
        ("actions", "jobs", "sentences"),
        ("general_actions", "answers", "sentence_reader", "handoff", "message_extension", "support/ticket"),
        ("azure", "support"),
        ("sharing",),
        ("solution",),
        ("preflight",),
        ("timeline", "mistakes"),
        ("replies", "forget", "live_checks"),
        ("action_registry", "job_registry"),
        ("context", "typed_commands", "resources"),
        ("state", "texts"),
        ("model",),
    ),
    "knowledge": (
        ("checks", "mistakes"),
        ("preflight/live",),
        ("diagnosis", "knowledge_base", "preflight"),
        ("search",),
        ("input",),
        ("catalog",),
        ("build_log", "template"),
        ("scripts", "text"),
        ("redaction", "commands"),
        ("patterns", "pattern_literals", "yaml_files"),
        ("model",),
        ("azure_clouds", "azure_names", "azure_times", "vectorscan"),
    ),
}
"""Folders (and modules at a package's top), from the top layer to the bottom; one layer's don't import each
other."""

SDK_HOMES = {
    "botbuilder": ("bot.teams.botframework",),
    "botframework": ("bot.teams.botframework",),
    "msrest": ("bot.teams.botframework",),
    "azure": (
        "bot.auth.managed_identity",
        "bot.azure",
        "bot.sandbox.credentials",
        "bot.sign_in.on_behalf_of",
        "bot.state.blob_requests",
        "bot.state.blob_store",
        "bot.telemetry.opentelemetry",
    ),
    "msal": ("bot.azure.credentials", "bot.sign_in.on_behalf_of"),
}
"""Which modules, or folders, may import an SDK. `knowledge` and `dialogs` import none, and no web framework either."""
WITHOUT_BOTBUILDER = (
    "knowledge",
    "dialogs",
    "bot.turns",
    "bot.state",
    "bot.azure",
    "bot.cards",
    "bot.files",
    "bot.cli",
    "bot.preflight",
)
"""What works where the Bot Framework SDK can't be imported."""

MAX_LINES = 300
MAX_MODULES = 20
VAGUE = {"utils", "util", "helpers", "helper", "manager", "managers", "data", "base", "common", "misc"}


def find_modules() -> dict[str, Path]:
    """Every module of the product by its dotted name; a package by its `__init__`."""
    modules = {}
    for layer in LAYERS:
        for path in [ROOT / f"{layer}.py", *(ROOT / layer).rglob("*.py")]:
            if path.is_file():
                modules[".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")] = path
    return modules


MODULES = find_modules()


def read_imports(path: Path, module: str, deferred: bool = True) -> Iterator[tuple[int, str]]:
    """Line and dotted name of each import; relative ones resolved. Without `deferred`, only those run at import."""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree) if deferred else _at_import(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                full = f"{source}.{alias.name}"
                yield node.lineno, full if full in MODULES else source


def _at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the module is imported: not functions, and not what's under TYPE_CHECKING."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _at_import(node)


@cache
def imports_of(module: str, deferred: bool = True) -> tuple[tuple[int, str], ...]:
    return tuple(read_imports(MODULES[module], module, deferred))


def folder_of(module: str) -> str:
    """The folder of a module below its package, as the floors name it; a module at the top counts as its own folder."""
    parts = MODULES[module].relative_to(ROOT).with_suffix("").parts
    return "/".join(parts[1:-1]) or parts[-1]


def _top(name: str) -> str:
    return name.split(".")[0]


def test_layers_import_downward_only() -> None:
    faults = [
        f"{module}:{line} imports {name}"
        for module in MODULES
        for line, name in imports_of(module)
        if _top(name) in LAYERS and LAYERS.index(_top(name)) < LAYERS.index(_top(module))
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("package", FLOORS)
def test_folders_import_lower_floors_only(package: str) -> None:
    level = {folder: number for number, floor in enumerate(FLOORS[package]) for folder in floor}
    used = set()
    faults = []
    for module in MODULES:
        if _top(module) != package or module == package:
            continue
        folder = folder_of(module)
        used.add(folder)
        for line, name in imports_of(module):
            if name not in MODULES or _top(name) != package or folder_of(name) == folder:
                continue
            if level.get(folder_of(name), -1) <= level.get(folder, 99):
                faults.append(f"{module}:{line} ({folder}) imports {name} ({folder_of(name)})")
    assert not faults, "not on a lower floor:\n" + "\n".join(faults)
    assert used - {"__init__"} == set(level), "a folder without a floor, or a floor without a folder"


def test_each_sdk_stays_in_its_home() -> None:
    faults = []
    for module in MODULES:
        for line, name in imports_of(module):
            homes = SDK_HOMES.get(_top(name))
            if homes is not None and not any(module == home or module.startswith(f"{home}.") for home in homes):
                faults.append(f"{module}:{line} imports {name}")
            if _top(name) == "aiohttp" and _top(module) in ("dialogs", "knowledge"):
                faults.append(f"{module}:{line} imports {name}: declare a Protocol in dialogs/model/ports.py instead")
    assert not faults, "\n".join(faults)


def _reached(start: str) -> dict[str, str]:
    """Every name that importing `start` imports, with the module that asks for it."""
    reached: dict[str, str] = {}
    waiting = [start]
    seen = {start}
    while waiting:
        module = waiting.pop()
        for _, name in imports_of(module, deferred=False):
            reached.setdefault(name, module)
            if name in MODULES and name not in seen:
                seen.add(name)
                waiting.append(name)
    return reached


def test_no_way_leads_to_the_bot_framework_sdk() -> None:
    faults = {
        module: f"{name} through {by}"
        for module in MODULES
        if module.startswith(WITHOUT_BOTBUILDER)
        for name, by in _reached(module).items()
        if _top(name) in ("botbuilder", "botframework")
    }
    assert not faults


def test_they_import_where_the_bot_framework_sdk_is_missing() -> None:
    names = [module for module in MODULES if module.startswith(WITHOUT_BOTBUILDER)]
    script = (
        "import importlib, sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('botbuilder', 'botframework'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        f"for name in {names!r}:\n"
        "    importlib.import_module(name)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_folders_are_neither_drawers_nor_single_files() -> None:
    folders: dict[Path, list[str]] = defaultdict(list)
    for path in MODULES.values():
        if path.name != "__init__.py" and path.parent != ROOT:
            folders[path.parent].append(path.name)
    faults = {
        str(folder.relative_to(ROOT)): len(names)
        for folder, names in folders.items()
        if len(names) > MAX_MODULES or (len(names) == 1 and folder.parent != ROOT)
    }
    assert not faults, f"modules per folder, 2 to {MAX_MODULES} wanted: {faults}"


def test_modules_are_short_and_named_for_what_they_do() -> None:
    long = {name: lines for name, path in MODULES.items() if (lines := len(path.read_text().splitlines())) > MAX_LINES}
    assert not long, f"more than {MAX_LINES} lines: split by responsibility"
    vague = [name for name in MODULES if VAGUE & set(name.split("."))]
    assert not vague


def test_public_class_names_are_unique() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for module, path in MODULES.items():
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(module)
    assert not {name: modules for name, modules in homes.items() if len(modules) > 1}


def test_exceptions_derive_from_the_root_of_their_package() -> None:
    roots = {"bot": BotError, "dialogs": DialogError, "knowledge": KnowledgeError}
    faults = []
    for module in MODULES:
        for value in vars(importlib.import_module(module)).values():
            is_exception = isinstance(value, type) and issubclass(value, BaseException)
            if is_exception and value.__module__ == module and not issubclass(value, roots[_top(module)]):
                faults.append(f"{module}.{value.__name__}")
    assert not faults


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import bot.cards.size", "bot.cards.size"),
        ("from bot import cards", "bot.cards"),
        ("from bot import nothing_of_ours", "bot"),
        ("from .plain_text import flat", "dialogs.replies.plain_text"),
        ("from . import plain_text", "dialogs.replies.plain_text"),
        ("from ..model import turn", "dialogs.model.turn"),
        ("def late():\n    from azure.identity import X", "azure.identity"),
    ],
)
def test_no_import_is_overlooked(tmp_path: Path, source: str, found: str) -> None:
    path = tmp_path / "talk.py"
    path.write_text(source)
    assert [name for _, name in read_imports(path, "dialogs.replies.general_replies")] == [found]
