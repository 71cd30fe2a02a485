"""The sentence that names an error is cut out of a message, whatever the message is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.text.sentences import MAX_SENTENCE_CHARS, extract_sentence

SENTENCES = [
    # message, sentence
    ("Setup failed. See the log for more.", "Setup failed"),
    (r"C:\Windows\Temp\script-6912dfd2.ps1 : The tenant key was refused", "The tenant key was refused"),
    ("/tmp/script_9.sh: line 9: jq: command not found", "jq: command not found"),
    ("2026-01-12 08:01:33 [FATAL] no license", "no license"),
    ("[08:01:33] ERROR: no license", "no license"),
    ("##[error]Baseline 2025-11 is not applied", "Baseline 2025-11 is not applied"),
    ("::error::Baseline is not applied", "Baseline is not applied"),
    ("❌ No license", "No license"),
    ("ERROR: -> SkuNotAvailable : The size is sold out", "SkuNotAvailable : The size is sold out"),
    ("Build 'golden' errored after 3 minutes 42 seconds: Timeout waiting for SSH.", "Timeout waiting for SSH"),
    ('machine readable: azure-arm,error []string{"Timeout waiting for SSH."}', "Timeout waiting for SSH"),
    ("An unexpected error occurred: the disk is full", "the disk is full"),
    ("error: x is not in the list", "x is not in the list"),
    ("outer failed: ERROR: middle failed: ERROR: the password has expired", "the password has expired"),
    ("giving up. Last err: dial tcp 10.0.0.4:22: i/o timeout", "dial tcp 10.0.0.4:22: i/o timeout"),
    (r"The path doesn't exist. At C:\x.ps1:3 char:1 + CategoryInfo : X", "The path doesn't exist"),
    ("Access is denied + CategoryInfo : PermissionDenied: (:) []", "Access is denied"),
    ("unable to access 'https://git.contoso.example/a.git/': could not resolve host", "unable to access: could not resolve host"),
    ("See https://aka.ms/x. Then try again.", "See. Then try again"),
    ("the server (https://x.example/a) said no", "the server said no"),
    ("Version 1.2.3 of a.b.c isn't supported", "Version 1.2.3 of a.b.c isn't supported"),
    ("  too   many \t blanks  ", "too many blanks"),
    ("错误：找不到文件。请重试。", "错误：找不到文件"),
    ("[ERROR]", "[ERROR]"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("message", "sentence"), SENTENCES)
def test_the_sentence_stands_without_what_is_around_it(message: str, sentence: str) -> None:
    assert extract_sentence(message) == sentence


def test_a_long_sentence_is_cut_at_a_word() -> None:
    sentence = extract_sentence("the quick brown fox " * 20)
    assert len(sentence) <= MAX_SENTENCE_CHARS
    assert sentence.endswith("…")
    assert set(sentence.removesuffix("…").split()) == {"the", "quick", "brown", "fox"}
    assert extract_sentence("one two three four", max_chars=10) == "one two…"


def test_a_long_word_does_not_take_the_sentence_with_it() -> None:
    sentence = extract_sentence(f"Cannot open /srv/{'x' * 300}")
    assert sentence.startswith("Cannot open /srv/xxx")
    assert MAX_SENTENCE_CHARS - 1 <= len(sentence) <= MAX_SENTENCE_CHARS


PARTS = st.sampled_from(
    [
        *("ERROR: ", "error: ", "##[error]", "[", "]", ". ", "。", " ", "\t", "\n", "\ud800", "a" * 200),
        *("At C:\\x.ps1:1 char:1", "+ CategoryInfo", "https://x/y", "Last err: ", "Build 'x' errored: "),
        *("2026-01-12 08:01:33 ", "/tmp/script_1.sh: line 1: "),
    ]
)


@given(st.lists(PARTS | st.text(max_size=20), max_size=30).map("".join), st.integers(8, 400))
def test_any_message_gives_a_short_sentence_on_one_line(message: str, max_chars: int) -> None:
    sentence = extract_sentence(message, max_chars)
    assert len(sentence) <= max_chars
    assert sentence == " ".join(sentence.split())
    assert not sentence.endswith(".")


def test_the_time_it_takes_grows_with_the_length_only() -> None:
    def seconds(length: int) -> float:
        start = time.perf_counter()
        for message in ("ERROR: " * (length // 7), "[" * length, "x " * (length // 2), "2026-01-12 " * (length // 11)):
            extract_sentence(message)
        return time.perf_counter() - start

    seconds(1_000)
    short, long = (min(seconds(length) for _ in range(3)) for length in (20_000, 200_000))
    assert long < 40 * short + 0.05
