"""What all tests share: a deterministic Hypothesis profile, and `real`, with which a test requires an installed program."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import settings

# a busy machine is slow now and then: no test fails for the time it took
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

# no test reads or writes the cache of the person running it; tests of the cache have their own
os.environ["KNOWLEDGE_CACHE"] = "off"

MAC_APPLICATIONS = Path("/Applications")

PROGRAMS = {
    "bash": ("bash",),
    "chromium": (
        "chromium",
        "chromium-browser",
        "google-chrome",
        str(MAC_APPLICATIONS / "Chromium.app/Contents/MacOS/Chromium"),
        str(MAC_APPLICATIONS / "Google Chrome.app/Contents/MacOS/Google Chrome"),
    ),
    "git": ("git",),
    "make": ("make",),
    "node": ("node",),
    "npm": ("npm",),
    "ripgrep": ("rg",),
}
INSTALL = {"node": "Node 18 or later", "npm": "npm, which comes with Node"}


@pytest.fixture(scope="session")
def real() -> Callable[[str], str]:
    """Give `real("chromium")`: the program's path. The test is skipped, naming what to install, where it is missing."""

    def find(name: str) -> str:
        for program in PROGRAMS[name]:
            if path := shutil.which(program):
                return path
        pytest.skip(f"{name} not found: install {INSTALL.get(name, name)} to run this test")

    return find


def _required(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure under REQUIRE_REAL=1: there, no part of the tests may hide."""
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("REQUIRE_REAL") == "1":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"REQUIRE_REAL=1, but {report.nodeid} was skipped: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _required(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _required(report)
    return report


REAL_FIXTURES = {"real", "azurite", "azure_cli"}
"""What only works with a real program of this machine."""


LONGEST = ("test_walks.py", "test_bench.py")
"""Modules with the tests that take longest. Where workers share the tests, they come first: otherwise, one worker would
have nothing to do at the end while another is in the middle of one."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test: `real` if it needs a real program or says so, `property` if Hypothesis drives it, else `unit`."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.path.name not in LONGEST)
    for item in items:
        if item.get_closest_marker("real") or REAL_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("real")
        elif item.get_closest_marker("property") or getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("property")
        else:
            item.add_marker("unit")
