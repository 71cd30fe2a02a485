"""The command line as a person or a pipeline step uses it: a real process, its output and its exit status."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app import COMMANDS
from tests.build_logs import begun, powershell, script_failed, succeeded
from tests.reporting import failures_together

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT = (
    "Failed while waiting for packerizer: Timeout waiting for microservice to complete: 'context deadline exceeded'"
)
KEYS = ["schema", "file", "kind", "outcome", "tool", "finding", "matches", "excerpt", "facts", "timeline", "course"]


def run(*arguments: str, given: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "app.py", *arguments],
        input=given, capture_output=True, check=False, cwd=ROOT, env={**os.environ, **environ},
    )  # fmt: skip


def objects(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def failed_log(tmp_path: Path) -> Path:
    path = tmp_path / "customization.log"
    path.write_text(script_failed(powershell(begun(), ["Contoso install failed"], code=1), 1).text(), "utf-8")
    return path


def test_json_is_one_object_a_file_on_one_line_each(failed_log: Path) -> None:
    done = run("diagnose", "--format", "json", str(failed_log), "-", given=TIMEOUT.encode())
    first, second = objects(done)
    assert done.returncode == 0
    assert (first["file"], second["file"]) == (str(failed_log), "-")
    assert list(first) == list(second) == KEYS
    assert first["outcome"] == "failed"
    assert second["matches"][0]["entry"] == "build-timeout"  # type: ignore[index]
    assert second["matches"][0]["evidence"][0]["line"] == 1  # type: ignore[index]


STATUSES = [
    # what is diagnosed, and the exit status
    (TIMEOUT, 0),
    (succeeded(powershell(begun(), ["fine"])).text(), 0),
    ("something else altogether", 1),
    ("", 1),
]


@pytest.mark.parametrize(("text", "status"), STATUSES, ids=["match", "succeeded", "no match", "empty"])
def test_exit_status(text: str, status: int) -> None:
    assert run("diagnose", given=text.encode()).returncode == status


def test_an_unreadable_file_is_named_and_the_others_are_still_reported(failed_log: Path, tmp_path: Path) -> None:
    missing = tmp_path / "no such file.log"
    done = run("diagnose", "--format", "json", str(missing), str(tmp_path), str(failed_log))
    assert done.returncode == 2
    assert len(done.stderr.decode().splitlines()) == 2
    assert str(missing) in done.stderr.decode()
    assert [shape["file"] for shape in objects(done)] == [str(failed_log)]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "The build ran out of time"), ("it", "La compilazione ha esaurito il tempo")]
)
def test_text_is_in_the_language_asked_for(language: str, words: str) -> None:
    done = run("diagnose", "--lang", language, given=TIMEOUT.encode())
    assert words in done.stdout.decode()


def test_diagnose_imports_no_sdk() -> None:
    script = (
        "import sys, app; app.main(['diagnose', 'README.md']);"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('aiohttp', 'azure', 'botbuilder', 'botframework', 'msal')];"
        "assert not bad, bad"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode()


SLOW_IMPORTS = (
    # dataclasses need `inspect`, and each takes as long as five named tuples
    "dataclasses", "inspect",
    # only a terminal, a large log, other commands, or what isn't cached yet need them
    "textwrap", "yaml", "hashlib", "tempfile", "logging", "asyncio", "tree_sitter",
    "knowledge.search", "knowledge.preflight", "knowledge.pattern_literals", "knowledge.build_log.reducer",
)  # fmt: skip


def test_diagnose_imports_only_what_a_small_log_needs(failed_log: Path, tmp_path: Path) -> None:
    script = (
        "import sys, app, argparse, json, pathlib, re2;"
        "already = set(sys.modules);"  # what this Python's own modules import isn't ours to choose
        "app.main(['diagnose', sys.argv[1]]);"
        "print(*(set(sys.modules) - already))"
    )
    command = [sys.executable, "-c", script, str(failed_log)]
    environ = {**os.environ, "KNOWLEDGE_CACHE": str(tmp_path / "cache")}
    for _ in range(2):  # the first start fills the cache
        done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=environ)
    imported = done.stdout.decode().splitlines()[-1].split()
    assert "knowledge.diagnosis.diagnoser" in imported
    assert set(imported).isdisjoint(SLOW_IMPORTS)


def test_bad_usage_is_2() -> None:
    assert run("diagnose", "--format", "xml").returncode == 2
    assert run("nonsense").returncode == 2


def test_the_shipped_entries_have_no_fault() -> None:
    done = run("entries", "check")
    assert done.stdout.decode().endswith(" entries, 0 errors\n"), done.stdout.decode()
    assert done.returncode == 0


def test_entries_that_were_reviewed_long_ago_are_a_warning() -> None:
    done = run("entries", "check", "--stale", "0")
    *warnings, summary = done.stdout.decode().splitlines()
    assert done.returncode == 0
    assert summary.endswith(" entries, 0 errors")
    assert all(": warning: last compared with its sources " in line for line in warnings)
    assert run("entries", "check", "--stale", "20000").stdout.decode().splitlines() == [summary]


@pytest.mark.parametrize("days", ["soon", "-1", "1.5"])
def test_a_wrong_number_of_days_is_2(days: str) -> None:
    done = run("entries", "check", f"--stale={days}")
    assert done.returncode == 2
    assert b"isn't a number of days" in done.stderr


def test_entries_list_and_show() -> None:
    assert b"build-timeout" in run("entries", "list").stdout
    shown = run("entries", "show", "build-timeout", "--lang", "it").stdout.decode()
    assert "Timeout di compilazione superato" in shown
    assert "build-timeout · durante la compilazione · l'esecuzione non riesce\n" in shown
    assert "[modifica qualcosa]" in shown
    assert "retry" not in shown
    assert "az image builder show" in shown
    missing = run("entries", "show", "timeout")
    assert missing.returncode == 2
    assert b"build-timeout" in missing.stderr


def test_score_counts_right_wrong_and_left_alone(tmp_path: Path, failed_log: Path) -> None:
    cases = tmp_path / "cases.yaml"
    cases.write_text(
        f'- {{id: a, kind: paste, text: "{TIMEOUT}", expect: [build-timeout]}}\n'
        f'- {{id: b, kind: paste, text: "{TIMEOUT}", expect: [dpkg-lock]}}\n'
        "- {id: c, kind: question, text: it failed, expect: []}\n",
        "utf-8",
    )
    index = "- {log: customization.log, line: Contoso install failed, expect: [script-nonzero-exit]}\n"
    (tmp_path / "index.yaml").write_text(index, "utf-8")
    done = run("score", "--verbose", str(cases), str(tmp_path))
    lines = done.stdout.decode().splitlines()
    rows = [" ".join(line.split()) for line in lines]
    assert done.returncode == 0
    assert "right first, pasted: 1 of 2 (50.0 %)" in rows
    assert any(line.startswith("  b: The build ran out of time · build-timeout (") for line in lines)
    assert "left alone: 1 of 1 (100.0 %)" in rows
    assert "right first, logs: 1 of 1 (100.0 %)" in rows
    assert "proving line shown: 1 of 1 (100.0 %)" in rows


def test_score_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    broken = tmp_path / "cases.yaml"
    broken.write_text("a: [", "utf-8")
    done = run("score", str(broken))
    assert done.returncode == 2
    assert str(broken) in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_chat_speaks_over_a_pipe() -> None:
    done = run("chat", given=f"{TIMEOUT}\n\n.quit\n".encode())
    assert done.returncode == 0
    assert "The build ran out of time" in done.stdout.decode()


def test_chat_reads_a_packed_log(failed_log: Path, tmp_path: Path) -> None:
    packed = tmp_path / "customization.log.gz"
    packed.write_bytes(gzip.compress(failed_log.read_bytes()))
    done = run("chat", given=f".file {packed}\n\n.quit\n".encode())
    assert done.returncode == 0
    assert "I read all of customization.log.gz" in done.stdout.decode()


@pytest.mark.parametrize("arguments", [("entries", "list"), ("diagnose", "--format", "json", "README.md")])
def test_who_stops_reading_early_sees_no_traceback(arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody_reads:
        ended = subprocess.run(
            [sys.executable, "app.py", *arguments], cwd=ROOT, stdout=nobody_reads, stderr=subprocess.PIPE, check=False
        )
    assert ended.stderr == b""
    assert ended.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
@pytest.mark.parametrize("arguments", [("entries", "list"), ("diagnose", "README.md"), ("draft", "README.md")])
def test_a_full_disk_is_said_and_is_not_a_log_that_was_not_recognized(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "app.py", *arguments], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert ended.stderr.decode() == "The output cannot be written: No space left on device.\n"
    assert ended.returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("diagnose", "\x1b]0;owned\x07missing"),
        ("diagnose", "README.md", "--\x1b]0;owned\x07"),
        ("draft", "\x1b[31mmissing"),
        ("draft", "README.md", "--out", "/nowhere/\x1b]0;owned\x07"),
        ("score", "/nowhere/\x1b]0;owned\x07"),
        ("look", "\x1b]0;owned\x07", "--sandbox"),
        ("entries", "new", "build", "\x1b]0;owned\x07"),
    ],
)
def test_a_name_sends_no_escape_sequence_to_the_terminal(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr
    assert b"\x1b" not in done.stderr
    assert b"\x07" not in done.stderr


@pytest.mark.parametrize("name", ["../../x", "/tmp/x", "..", "a/b", "A", "a b", "-x", "", "x\n"])
def test_a_new_entry_is_only_written_among_the_entries(name: str) -> None:
    before = set(ROOT.rglob("*.yaml"))
    done = run("entries", "new", "build", "--", name)
    assert done.returncode == 2
    assert b"can't be an entry's ID" in done.stderr
    assert set(ROOT.rglob("*.yaml")) == before


def test_the_cache_changes_no_answer(failed_log: Path, tmp_path: Path) -> None:
    command = ("diagnose", "--format", "json", str(failed_log))
    expected = run(*command, KNOWLEDGE_CACHE="off")
    assert objects(expected)[0]["matches"]
    (tmp_path / "file").touch()
    shut = tmp_path / "shut"
    shut.mkdir(0o500)
    places = {
        "cold": {"KNOWLEDGE_CACHE": str(tmp_path / "cache")},
        "warm": {"KNOWLEDGE_CACHE": str(tmp_path / "cache")},
        "a home that cannot be written": {"KNOWLEDGE_CACHE": "", "HOME": str(shut), "XDG_CACHE_HOME": ""},
        "a home that is a file": {"KNOWLEDGE_CACHE": "", "HOME": str(tmp_path / "file"), "XDG_CACHE_HOME": ""},
        "a home that does not exist": {"KNOWLEDGE_CACHE": "", "HOME": "/proc/nobody", "XDG_CACHE_HOME": ""},
        "no home": {"KNOWLEDGE_CACHE": "", "HOME": "", "XDG_CACHE_HOME": "", "LOCALAPPDATA": ""},
    }
    with failures_together() as failures:
        for name, environ in places.items():
            with failures.check(name):
                done = run(*command, **environ)
                assert (done.returncode, done.stdout, done.stderr) == (0, expected.stdout, b"")
    assert list((tmp_path / "cache").iterdir())


def test_processes_that_start_at_once_share_a_cache(failed_log: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    arguments = [sys.executable, "app.py", "diagnose", "--format", "json", str(failed_log)]
    environ = {**os.environ, "KNOWLEDGE_CACHE": str(cache)}
    started = [
        subprocess.Popen(arguments, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(6)
    ]
    results = {process.communicate() for process in started}
    assert results == {(run("diagnose", "--format", "json", str(failed_log)).stdout, b"")}
    assert all(file.suffix == ".cache" for file in cache.iterdir()), "nothing unfinished is left"


def test_the_version_is_printed() -> None:
    assert run("--version").stdout.decode().startswith("Image Medic 0.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["diagnos", "x.log"], "did you mean diagnose?"),
        (["README.md"], "did you mean: python app.py diagnose README.md"),
        (["zorgle"], "the commands are serve, chat, diagnose"),
    ],
)
def test_an_unknown_command_gets_a_hint(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr.decode()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_help_of_each_command_has_examples_and_exit_statuses(command: str) -> None:
    shown = " ".join(run(command, "--help").stdout.decode().split())
    assert COMMANDS[command] in shown
    assert f"examples: python app.py {command}" in shown
    assert "exit status: 0 " in shown


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudoterminal")
def test_at_a_terminal_it_says_what_it_waits_for_and_ctrl_c_ends_it() -> None:
    import pty

    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "app.py", "diagnose"],
        stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, start_new_session=True,
    ) as process:  # fmt: skip
        os.close(terminal)
        assert process.stderr is not None
        assert b"Paste the log or the error, then press Ctrl+D." in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    os.close(controller)
    assert process.returncode == 130
    assert b"Traceback" not in errors
