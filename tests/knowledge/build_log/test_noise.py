"""Progress bars and Packer's own chatter are noise; no error ever is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.build_log.noise import is_packer_chatter, is_progress
from tests.build_logs import begun, powershell, restart, script_failed, shell, succeeded
from tests.knowledge.log_fragments import CHATTER, ERRORS, PROGRESS
from tests.reporting import failures_together


@pytest.mark.parametrize("line", PROGRESS)
def test_a_progress_bar_is_noise(line: str) -> None:
    assert is_progress(line)


@pytest.mark.parametrize("line", CHATTER)
def test_chatter_of_packer_is_noise(line: str) -> None:
    assert is_packer_chatter(line)


def test_an_error_is_never_noise() -> None:
    with failures_together(at_least=50) as failures:
        for line in ERRORS:
            with failures.check(line):
                assert not is_progress(line)
                assert not is_packer_chatter(line)


@pytest.mark.parametrize(
    "line", ["Installing the agent", "Step 3 of 5", "[2/5] Installing tools", "Found 3 files", "1", ""]
)
def test_what_a_script_says_is_no_noise(line: str) -> None:
    assert not is_progress(line)
    assert not is_packer_chatter(line)


@pytest.mark.parametrize(
    "error",
    [
        "Deleting C:\\agent failed: Access is denied",
        "Uploading the inventory failed (403)",
        "[INFO] Setup failed with exit code 5",
        "Waiting for machine certificate failed",
        "Download failed at 45%",
        "45% of the tests failed",
        "Not enough disk space: 1.2 GB / 4 GB",
        "100% packet loss",
        "Reading package lists... Error!",
        "npm error code ENOENT",
        "npm error Failed to download cmake",
    ],
)
def test_words_that_noise_has_too_hide_no_error(error: str) -> None:
    assert not is_progress(error)
    assert not is_packer_chatter(error)


@pytest.mark.parametrize("prefix", ["npm error ", "npm ERR! ", "npm error npm error "])
def test_a_bar_that_a_package_manager_prints_as_an_error_is_still_a_bar(prefix: str) -> None:
    for bar in ("100%", "(Stage 2)              0s left", "[node-llama-cpp] Cloning            [=====>  ] 45%"):
        assert is_progress(prefix + bar)


def test_all_that_packer_says_around_scripts_is_chatter() -> None:
    log = succeeded(restart(powershell(begun(), [])))
    log.lines += script_failed(shell(begun(windows=False), [], code=1), 1).lines
    said = {line.split(" ui: ==> azure-arm: ")[1] for line in log.lines if " ui: ==> azure-arm: " in line}
    scripts = {line for line in said if ">>>" in line or "IMAGE_STATE" in line or "Write-Output" in line}
    names_the_vm = {line for line in said if line.endswith(" restarted.")}
    kept = [line for line in said - scripts - names_the_vm if not is_packer_chatter(line)]
    assert kept == ["Skipping image creation..."]


@given(st.text(max_size=200))
def test_any_line_is_judged(line: str) -> None:
    assert is_progress(line) in (True, False)
    assert is_packer_chatter(line) in (True, False)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=100))
def test_a_line_that_calls_itself_an_error_is_no_progress(text: str) -> None:
    assert not is_progress(f"Error: {text}")
