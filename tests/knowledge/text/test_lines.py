"""Every form of prefix that the service has written is parsed, and what is left of one after copying."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.text.line_reading import read_lines
from knowledge.text.lines import format_iso, read_line

RUN = "45f485cf-5a8c-4379-9937-8d85493bc791"
TIME = "2023-09-14T19:01:18Z"

FORMS = [
    # the line, its source, its body, its time
    (f"[{RUN}] PACKER OUT ==> azure-arm: Running builder ...", "output", "Running builder ...", None),
    (f"[{RUN}] PACKER OUT     azure-arm: hello  world", "output", "hello  world", None),
    (f"[{RUN}] PACKER ERR 2023/09/14 19:01:18 packer: 2023/09/14 19:01:18 Waiting", "debug", "Waiting", TIME),
    (f"[{RUN}] PACKER ERR 2023/09/14 19:01:18 [INFO] RPC x", "debug", "[INFO] RPC x", TIME),
    (f"[{RUN}] PACKER ERR ==> azure-arm: it broke", "output", "it broke", None),
    (f"[{RUN}] PACKER ERR", "debug", "", None),
    (f"[{RUN}] PACKER OUT", "debug", "", None),
    ("PACKER OUT ==> azure-arm: Deploying", "output", "Deploying", None),
    (f"[{RUN}] PACKER 2023/09/14 19:01:18 ui: ==> azure-arm: Restarting Machine", "output", "Restarting Machine", TIME),
    (f"[{RUN}] PACKER 2023/09/14 19:01:18 ui error: ==> azure-arm: bad", "output", "bad", TIME),
    (f"[{RUN}] PACKER 2023/09/14 19:01:18 ui: ", "output", "", TIME),
    (f"[{RUN}] PACKER ==> azure-arm: The resource group", "output", "The resource group", None),
    (f"[{RUN}] PACKER ==> Wait completed after 3 minutes", "verdict", "Wait completed after 3 minutes", None),
    (
        f"[{RUN}] PACKER 2023/09/14 19:01:18 ui error: Build 'azure-arm' errored after 3 minutes: x",
        "verdict",
        "Build 'azure-arm' errored after 3 minutes: x",
        TIME,
    ),
    (f"[{RUN}] PACKER 2023/09/14 19:01:18 ui error: --> azure-arm: Script exited", "verdict", "Script exited", TIME),
    (f"[{RUN}] PACKER 2023/09/14 19:01:18 packer-plugin-azure plugin: 202", "debug", "202", TIME),
    (
        f"[{RUN}] PACKER 2023/09/14 19:01:18 packer-provisioner-powershell plugin: Found command: Write-Error 'no'",
        "echo",
        "Found command: Write-Error 'no'",
        TIME,
    ),
    (
        f"[{RUN}] PACKER 2023/09/14 19:01:18 packer-provisioner-powershell plugin:     throw 'no'",
        "echo",
        "    throw 'no'",
        TIME,
    ),
    (
        f"[{RUN}] PACKER 2023/09/14 19:01:18 packer-provisioner-powershell plugin: [INFO] RPC client",
        "debug",
        "[INFO] RPC client",
        TIME,
    ),
    (
        f"[{RUN}] PACKER 2023/09/14 19:01:18 Found command: if( TEST-PATH x )",
        "echo",
        "Found command: if( TEST-PATH x )",
        TIME,
    ),
    ("==> azure-arm.win: named builder", "output", "named builder", None),
    ("myBigFile.zip 826 B / 826000 B  1.00%", "plain", "myBigFile.zip 826 B / 826000 B  1.00%", None),
    ("[INFO] not a run id", "plain", "[INFO] not a run id", None),
    (
        "2023-09-14T19:01:18.1234567Z ##[error]The operation was canceled.",
        "plain",
        "##[error]The operation was canceled.",
        TIME,
    ),
    ("2023-09-14T19:01:18Z: ==> azure-arm: with Packer's own time", "output", "with Packer's own time", TIME),
    ("2019-12-02 14:39:42, Error  SYSPRP it", "plain", "2019-12-02 14:39:42, Error  SYSPRP it", None),
    ("9999/99/99 99:99:99 no such time", "plain", "9999/99/99 99:99:99 no such time", None),
    ("azure-armada: another word", "plain", "azure-armada: another word", None),
]


@pytest.mark.parametrize(("text", "source", "body", "time"), FORMS, ids=[form[0][:70] for form in FORMS])
def test_every_form_is_read(text: str, source: str, body: str, time: str | None) -> None:
    line = read_line(7, text)
    assert (line.number, line.source, line.body, format_iso(line.time)) == (7, source, body, time)


def test_the_run_id_is_read_from_the_prefix_only() -> None:
    assert read_line(1, f"[{RUN}] PACKER OUT x").run_id == RUN
    assert read_line(1, "[12:01:01] something else").run_id is None


@given(st.text(alphabet=st.characters(exclude_characters="\n"), max_size=300))
def test_any_line_is_read_and_nothing_is_invented(text: str) -> None:
    assert read_line(1, text).body in text


PARTS = [
    f"[{RUN}] PACKER ", f"[{RUN}] PACKER OUT ", f"[{RUN}] PACKER ERR ", "[other] PACKER ", "PACKER OUT ", "PACKER ",
    "2023/09/14 19:01:18 ", "2023/09/14 19:01:19 ", "2023/09/14 19:01:19.5Z ", "2023/13/99 99:99:99 ", "ui: ",
    "ui error: ", "ui:", "==> azure-arm: ", "    azure-arm: ", "     azure-arm: x", "==> azure-arm.main: ", "--> azure-arm: ",
    "packer-plugin-azure_v2 plugin: ", "packer-provisioner-powershell plugin: ", "packer: ", "packer-x y: ",
    "Found command: ", "[INFO] RPC ", "c:/x.ps1 returned with exit code 1", "\t returned with exit code 1", "Build 'azure-arm' errored", "    throw", "hello", " ", "x", "", "\u00e8",
]  # fmt: skip


@given(st.lists(st.lists(st.sampled_from(PARTS), max_size=6).map("".join), max_size=12))
def test_lines_read_together_are_read_as_each_alone(texts: list[str]) -> None:
    assert list(read_lines(enumerate(texts, 1))) == [read_line(number, text) for number, text in enumerate(texts, 1)]


@given(st.lists(st.sampled_from(["a", "[x", "ui", "12345", " ", "u"]), min_size=1, max_size=12))
def test_lines_too_short_for_a_prefix_are_read_as_each_alone(texts: list[str]) -> None:
    lines, alone = read_lines(enumerate(texts, 1)), [read_line(number, text) for number, text in enumerate(texts, 1)]
    assert [*lines] == alone
    assert [lines[index] for index in range(len(lines))] == alone
    assert lines[-3:] == alone[-3:]
