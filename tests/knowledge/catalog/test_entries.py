"""Every shipped entry: its examples in the forms in which people paste them, and logs of builds that succeeded."""

from __future__ import annotations

import html
import json
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from knowledge.model.entry import Entry, Example
from tests.build_logs import LogFormat, begun, powershell, restart, shell, succeeded
from tests.reporting import failures_together
from tests.shipped_knowledge import DIAGNOSER, ENTRIES, KNOWLEDGE_BASE

GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
RUN = "0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0"
# a printed line that differs from a script's source only by the quotes around it, and that source
NEVER_QUOTED = {"deprovision-script-missing"}
NEVER_PRINTED = {"warn-deprovision-script-text"}
LINE_BREAK = re.compile(r"\n|\\n")
LOG_LIKE = re.compile(r"(?m)PACKER|^(?:==>|\s{4})?\s?azure-arm: ")


def new_ids(text: str) -> str:
    return GUID.sub("a1b2c3d4-e5f6-4789-8abc-def012345678", text)


def wrapped(text: str) -> str:
    return "\n".join(textwrap.fill(line, 70, break_long_words=False) or line for line in text.splitlines())


def cut_hard(text: str) -> str:
    return "\n".join("\n".join(line[at : at + 100] for at in range(0, len(line), 100)) for line in text.splitlines())


def in_json(text: str) -> str:
    return json.dumps({"status": "Failed", "error": {"message": text}})


def in_json_twice(text: str) -> str:
    return json.dumps({"message": in_json(text)})


def in_html(text: str) -> str:
    return "<div>" + "".join(f"<p>{html.escape(line)}</p>" for line in text.splitlines()) + "</div>"


def windows_breaks(text: str) -> str:
    return text.replace("\n", "\r\n")


def curly(text: str) -> str:
    return re.sub(r"'([^'\n]*)'", "\u2018\\1\u2019", re.sub(r'"([^"\n]*)"', "\u201c\\1\u201d", text))


def among_words(text: str) -> str:
    return f"Hi all, since this morning our build shows this, any idea?\n\n{text}\n\nThanks a lot!"


def new_prefix(text: str) -> str:
    return "\n".join(f"[{RUN}] PACKER 2026/02/03 04:05:06 ui: ==> azure-arm: {line}" for line in text.splitlines())


def old_prefix(text: str) -> str:
    return "\n".join(f"[{RUN}] PACKER OUT ==> azure-arm: {line}" for line in text.splitlines())


TRANSFORMATIONS: list[Callable[[str], str]] = [
    new_ids,
    wrapped,
    cut_hard,
    in_json,
    in_json_twice,
    in_html,
    windows_breaks,
    curly,
    among_words,
    new_prefix,
    old_prefix,
]
NEVER_DONE_TO_A_LOG = {wrapped, in_json, in_json_twice, in_html}
"""No chat client does this to a log, and it would no longer be one."""
PREFIXES = {new_prefix, old_prefix}


def top(text: str) -> tuple[str, str] | None:
    matches = DIAGNOSER.diagnose(text).matches
    return (matches[0].entry, matches[0].confidence) if matches else None


def list_transformed(entry: Entry, example: Example) -> Iterator[tuple[str, str]]:
    """The forms in which an example may be pasted that differ from the example itself, each with its name."""
    if not example.evidence:  # a person's own words are found by words, in no other form
        return
    is_log = bool(LOG_LIKE.search(example.text))
    impossible = NEVER_DONE_TO_A_LOG if is_log or entry.id in NEVER_QUOTED else set()
    if is_log or LINE_BREAK.search(example.text) or entry.id in NEVER_PRINTED:
        impossible = impossible | PREFIXES
    for transform in TRANSFORMATIONS:
        text = transform(example.text)
        if text != example.text and transform not in impossible:
            yield transform.__name__, text


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_every_example_is_recognized_in_every_form(entry: Entry) -> None:
    pasted = [example for example in entry.examples if example.evidence]
    with failures_together(at_least=len(entry.examples) + len(pasted)) as failures:
        for number, example in enumerate(entry.examples):
            with failures.check(f"example {number}"):
                assert top(example.text) == (entry.id, example.confidence)
            for name, text in list_transformed(entry, example):
                with failures.check(f"example {number}, {name}"):
                    found = top(text)
                    assert found is not None
                    assert found[0] == entry.id


def test_every_form_changes_enough_examples() -> None:
    changed = Counter(
        name for entry in ENTRIES.values() for example in entry.examples for name, _ in list_transformed(entry, example)
    )
    assert changed.keys() == {transform.__name__ for transform in TRANSFORMATIONS}
    assert all(count >= 40 for count in changed.values()), changed


@pytest.mark.parametrize("form", ["new", "old"])
@pytest.mark.parametrize("windows", [True, False])
def test_a_build_that_succeeded_matches_nothing_above_info(form: LogFormat, windows: bool) -> None:
    log = begun(form, windows=windows)
    if windows:
        powershell(log, ["Failed: 0", "error_log = C:\\x", "WARNING: something (ignored)", "exit code: 0"])
        restart(log)
        log.write_ui("Running Windows update...").write_output("Found Windows update (2026-01-01; 18 MB): KB5007651")
        log.write_output("Waiting for operation to complete (system performance: 1% cpu; 16% memory)...")
        log.write_debug("[INFO] command 'PowerShell -File x.ps1' exited with code: 101")
    else:
        shell(log, ["E: Could not get lock /var/lib/dpkg/lock-frontend, retrying", "Reading package lists... Done"])
    diagnosis = DIAGNOSER.diagnose(succeeded(log).text())
    assert diagnosis.outcome == "succeeded"
    assert [match.entry for match in diagnosis.matches if match.severity != "info"] == []


def test_support_names_entries_that_exist() -> None:
    support = KNOWLEDGE_BASE.support
    named = {name for owner in support.owners for name in owner.entries}
    assert named | set(support.own_entries) <= ENTRIES.keys()


def test_an_entry_that_another_release_has_is_missing() -> None:
    entries = KNOWLEDGE_BASE.entries
    name = next(iter(entries))
    assert name in entries
    assert entries.get(name) is entries[name]
    assert "of-another-release" not in entries
    assert entries.get("of-another-release") is None


def test_both_languages_contain_the_same_literals() -> None:
    # text in backticks is a literal, which must be the same in both languages
    def literals(text: str) -> list[str]:
        return sorted(set(re.findall(r"`([^`]+)`", text)))

    for entry in ENTRIES.values():
        texts = [
            entry.cause,
            entry.symptom,
            *(step.do for step in entry.steps),
            *(look.difference for look in entry.look_alikes),
        ]
        for text in texts:
            assert literals(text.get("en")) == literals(text.get("it")), f"{entry.id}: {text.get('en')}"
