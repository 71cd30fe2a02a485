"""A test that needs a real program says what to install; under REQUIRE_REAL=1 it fails instead of hiding."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = Path(__file__).with_name("conftest.py")


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A separate test suite, on a machine without any program."""
    monkeypatch.setenv("PATH", str(pytester.path))
    monkeypatch.delenv("REQUIRE_REAL", raising=False)
    source = CONFTEST.read_text("utf-8").replace('"/Applications"', repr(str(pytester.path)))
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    pytester.makeconftest(source)
    return pytester


def test_a_missing_program_skips_and_says_what_to_install(suite: pytest.Pytester) -> None:
    suite.makepyfile("def test_page(real): real('chromium')")
    result = suite.runpytest("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*chromium not found: install chromium to run this test*"])


@pytest.mark.parametrize(
    "test",
    [
        "def test_page(real): real('node')",
        "import pytest\ndef test_page(): pytest.skip('not today')",
        "import pytest\n@pytest.mark.skip(reason='not today')\ndef test_page(): pass",
    ],
)
def test_a_required_part_that_is_missing_fails(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, test: str
) -> None:
    monkeypatch.setenv("REQUIRE_REAL", "1")
    suite.makepyfile(test)
    result = suite.runpytest()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*REQUIRE_REAL=1, but *test_page was skipped: *"])


def test_a_module_that_skips_itself_fails_where_real_parts_are_required(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUIRE_REAL", "1")
    suite.makepyfile("import pytest\npytest.importorskip('no_such_module_at_all')\ndef test_page(): pass")
    result = suite.runpytest()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*REQUIRE_REAL=1, but *was skipped: *no_such_module_at_all*"])


def test_a_program_that_is_there_is_given_by_its_path(suite: pytest.Pytester) -> None:
    program = suite.path / "rg"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    suite.makepyfile(f"def test_search(real): assert real('ripgrep') == {str(program)!r}")
    suite.runpytest().assert_outcomes(passed=1)
