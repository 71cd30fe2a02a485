"""A reduced log must lead to the same diagnosis as the whole log, in memory that does not grow with it."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.build_log.reducer import MAX_LITERAL_HITS
from knowledge.diagnosis.diagnoser import MAX_WHOLE_BYTES
from knowledge.model.diagnosis import Diagnosis
from knowledge.text.streaming import MAX_CARRY_BYTES, ChainedReader, read_blocks
from tests.build_logs import BuildLog, begun, powershell, restart, script_failed, shell, stopped, succeeded
from tests.shipped_knowledge import DIAGNOSER


def padded(log: BuildLog, size: int = MAX_WHOLE_BYTES + 400_000) -> BuildLog:
    """Return the log with so much harmless debug in the middle that it is not read as a whole."""
    while sum(map(len, log.lines)) < size:
        log.wait(0.2).write_debug(
            f"[DEBUG] polling https://management.azure.com/operations/{len(log.lines)} : 202 Accepted"
        )
    return log


def failing_windows() -> BuildLog:
    log = padded(powershell(begun(), ["ok"]))
    powershell(restart(log), ["Contoso Agent installation failed with exit code 1603"], code=1)
    return script_failed(log, 1)


def failing_linux() -> BuildLog:
    log = padded(begun("old", windows=False))
    return script_failed(shell(shell(log, ["fine"]), ["bash: jq: command not found"], code=127), 127)


def silent() -> BuildLog:
    log = padded(begun())
    log.write_ui("Provisioning with Powershell...").write_output("Installing Contoso Suite").wait(9_000)
    return stopped(log)


def looping() -> BuildLog:
    log = begun()
    log.write_ui("Provisioning with Powershell...").write_output(">>> Sysprepping VM ...")
    for _ in range(3 * MAX_LITERAL_HITS):
        log.write_output("IMAGE_STATE_UNDEPLOYABLE").wait(5)
    padded(log)
    return stopped(log.write_output("IMAGE_STATE_UNDEPLOYABLE"))


def well() -> BuildLog:
    return succeeded(padded(powershell(begun(), ["Failed to do one thing, going on"])))


def two_builds() -> BuildLog:
    log = failing_windows()
    log.lines += succeeded(powershell(begun(), ["second"])).lines
    return log


LOGS = [failing_windows, failing_linux, silent, looping, well, two_builds]


def streamed(raw: bytes) -> Diagnosis:
    assert len(raw) > MAX_WHOLE_BYTES
    return DIAGNOSER.diagnose_stream(io.BytesIO(raw))


@pytest.mark.parametrize("make", LOGS, ids=[make.__name__ for make in LOGS])
def test_a_digested_log_gives_the_diagnosis_of_the_whole(make: Callable[[], BuildLog]) -> None:
    text = make().text()
    whole, digested = DIAGNOSER.diagnose(text).to_json(), streamed(text.encode()).to_json()
    around, shown = whole.pop("excerpt"), digested.pop("excerpt")  # of the harmless lines around, a digest has fewer
    assert digested == whole
    texts = {line["line"]: line["text"] for line in around}
    proofs = {line["line"] for match in whole["matches"][:1] for line in match["evidence"]}
    assert proofs & texts.keys() <= {line["line"] for line in shown}
    assert all(line["text"] == texts.get(line["line"], line["text"]) for line in shown)
    assert DIAGNOSER.diagnose(text).line_count == streamed(text.encode()).line_count


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_encodings_are_read_as_a_stream(encoding: str) -> None:
    text = failing_windows().text("\r\n")
    digested = streamed(text.encode(encoding))
    assert (digested.matches, digested.facts) == (DIAGNOSER.diagnose(text).matches, DIAGNOSER.diagnose(text).facts)


def test_progress_ends_at_the_size() -> None:
    raw = failing_windows().text().encode()
    progress: list[int] = []
    DIAGNOSER.diagnose_stream(io.BytesIO(raw), progress=progress.append)
    assert progress[-1] == len(raw)


def test_a_cut_log_still_has_its_line() -> None:
    log = failing_windows()
    tail = log.lines[len(log.lines) // 2 :]
    diagnosis = DIAGNOSER.diagnose_stream(io.BytesIO("\n".join(tail).encode()))
    wanted = next(number for number, line in enumerate(tail, 1) if "installation failed with exit code 1603" in line)
    assert wanted in [line.line for line in diagnosis.matches[0].evidence]


class Repeated(io.RawIOBase):
    """A stream that repeats one text, so the test itself has nothing large in memory."""

    def __init__(self, text: bytes, times: int) -> None:
        self._text, self._left = text, times
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size and self._left:
            self._rest += self._text
            self._left -= 1
        part, self._rest = self._rest[:size], self._rest[size:]
        return part


@pytest.mark.property
@pytest.mark.parametrize(
    "line",
    [
        b"[x] PACKER 2026/01/12 08:00:00 packer-plugin-azure plugin: [DEBUG] polling\n",
        b"==> azure-arm: IMAGE_STATE_UNDEPLOYABLE\n",
        b"Timeout waiting for microservice to complete: 'context deadline exceeded'\n",
        b"no line break at all ",
        b"==> azure-arm: Provisioning step had errors: Running the cleanup provisioner, if present...\n",
        b"Failed to open: No such file or directory\nfailed to open: no such file or directory\n",
    ],
    ids=[
        "harmless",
        "a mark in every line",
        "a signature in every line",
        "one endless line",
        "a failure in every line",
        "a literal that entries spell in two ways",
    ],
)
def test_memory_does_not_grow_with_the_log(line: bytes) -> None:
    chunk = line * (200_000 // len(line))

    def peak(times: int) -> int:
        tracemalloc.start()
        try:
            DIAGNOSER.diagnose_stream(Repeated(chunk, times))  # type: ignore[arg-type]
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(12)  # what is compiled on first use does not count
    assert peak(110) < 1.5 * peak(50)


@given(st.lists(st.binary(max_size=40), max_size=40))
def test_blocks_are_the_stream_again(parts: list[bytes]) -> None:
    raw = b"\n".join(parts)
    if raw[:3] == b"\xef\xbb\xbf" or raw[:2] in (b"\xff\xfe", b"\xfe\xff") or raw.count(0):
        return
    assert b"".join(read_blocks(io.BytesIO(raw))) == raw


def test_an_endless_line_comes_in_parts() -> None:
    parts: Iterator[bytes] = read_blocks(io.BytesIO(b"x" * (40 * MAX_CARRY_BYTES)))
    assert max(len(part) for part in parts) <= 40 * MAX_CARRY_BYTES


def test_every_kind_of_stream_gives_the_same_blocks() -> None:
    raw = b"".join(b"line %d\n" % number for number in range(900_000)) + b"the end"
    read = [*read_blocks(io.BytesIO(raw))]
    assert len(read) > 2
    assert [*read_blocks(io.BufferedReader(io.BytesIO(raw)))] == read  # type: ignore[arg-type]
    chained = ChainedReader(raw[: 4 << 20], io.BufferedReader(io.BytesIO(raw[4 << 20 :])))  # type: ignore[arg-type]
    assert [*read_blocks(chained)] == read
