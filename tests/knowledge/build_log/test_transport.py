"""Packer's messages about a broken connection to the build VM aren't confused with those of scripts."""

from __future__ import annotations

import pytest

from knowledge.build_log.build_reader import read_build
from knowledge.build_log.observations import observe
from knowledge.build_log.transport import find_transport_errors, is_transport_error
from knowledge.text.lines import read_line
from knowledge.text.normalization import normalize_text
from tests.build_logs import BuildLog, begun, failed, powershell, script_failed, shell, stopped, succeeded

BROKEN = [
    "Error uploading script: Couldn't create shell: http response error: 401 - invalid content type",
    'Post "https://10.0.1.4:5986/wsman": read tcp 10.0.0.4:53422->10.0.1.4:5986: wsarecv: connection reset by peer',
    "unknown error Post \"https://10.0.1.4:5986/wsman\": EOF",
    "Upload failed: write tcp 10.0.0.4:41002->10.0.1.4:22: write: broken pipe",
    "ssh: handshake failed: EOF",
    "dial tcp 10.0.1.4:22: i/o timeout",
    "dial tcp 10.0.1.4:5986: connect: connection refused",
    "communicator error: use of closed network connection",
]  # fmt: skip
NOT_BROKEN = [
    "Timeout waiting for SSH.",
    "Timeout waiting for WinRM.",
    "curl: (28) Connection timed out after 30001 milliseconds",
    'Get "http://169.254.169.254/metadata/instance": dial tcp 169.254.169.254:80: i/o timeout',
    'Post "https://management.azure.com/x": read tcp 10.0.0.4:53422->20.1.2.3:443: connection reset by peer',
    "Waiting for SSH, up to timeout: 20m0s",
    "Connected to WinRM!",
    "Uploading /tmp/a.zip => C:\\a.zip",
    "Upload failed: open /opt/a.zip: permission denied",
    "The file has an EOF marker",
]


@pytest.mark.parametrize("line", BROKEN)
def test_a_broken_connection_is_recognized(line: str) -> None:
    assert is_transport_error(line)


@pytest.mark.parametrize("line", NOT_BROKEN)
def test_what_has_another_cause_is_not(line: str) -> None:
    assert not is_transport_error(line)


def read(log: BuildLog) -> list[str]:
    return [observation.id for observation in observe(read_build([read_line(*item) for item in _lines(log)]))]


def _lines(log: BuildLog) -> list[tuple[int, str]]:
    return [(line.number, line.text) for line in normalize_text(log.text())]


@pytest.mark.parametrize("line", BROKEN)
def test_it_is_observed_in_the_step_that_failed(line: str) -> None:
    log = begun()
    log.write_ui("Provisioning with Powershell...").write_debug(f"[ERROR] {line}")
    assert "transport-failed" in read(failed(log, "unexpected EOF"))


def test_a_script_that_ended_with_a_code_had_a_connection() -> None:
    said = [
        "ssh: connect to host git.contoso.example port 22: Connection timed out",
        "Upload of the inventory: i/o timeout",
    ]
    for log in (
        script_failed(shell(begun(windows=False), said, code=128), 128),
        script_failed(powershell(begun(), said, 1), 1),
    ):
        assert read(log) == []


def test_in_a_cut_log_only_the_end_counts() -> None:
    log = begun()
    log.write_ui("Provisioning with Powershell...").write_debug(f"[ERROR] {BROKEN[0]}")
    assert read(log) == ["transport-failed"]
    log.write_output(*(f"Step {number}" for number in range(40)))
    assert read(log) == []


def test_until_the_vm_is_up_some_refused_connections_are_normal() -> None:
    log = begun()
    log.lines = log.lines[: log.number_of("Waiting for WinRM to become")]
    refused = "[DEBUG] dial tcp 10.0.1.4:5986: connect: connection refused"
    log.write_debug(refused)
    assert read(log) == []
    for number in range(3):
        log.wait(60).write_debug(f"{refused} {number}")
    assert read(log) == []  # the build goes on
    assert read(stopped(log)) == ["never-connected"]


def test_a_build_that_went_well_lost_no_connection() -> None:
    log = powershell(begun(), [BROKEN[0]])
    assert read(succeeded(log)) == []
    build = read_build([read_line(*item) for item in _lines(log)])
    assert len(find_transport_errors(build)) <= 3
