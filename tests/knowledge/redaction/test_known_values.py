"""A value that a text gives away in one place is hidden in all of them, and only there."""

from __future__ import annotations

import json
import random
import string
import time
from urllib.parse import quote

import pytest

from knowledge.redaction.redact import hide_values, redact, redact_text
from tests.knowledge.redaction.test_redact import PLACES, encode_script, password, put
from tests.reporting import failures_together
from tests.shipped_knowledge import DIAGNOSER

SECRET = "Winter2026!x"
FOLLOWING = ["Trying {s} again", "user:{s}@host", "x={s};y", "('{s}')", "{s}", "logon with {s}: failed", "a{s}b"]


@pytest.mark.parametrize("following", FOLLOWING)
def test_it_is_hidden_before_and_after_its_name(following: str) -> None:
    line, named = following.format(s=SECRET), f"DB_PASSWORD='{SECRET}'"
    for text in (f"{line}\n{named}\nmore", f"{named}\nmore\n{line}", f"{named} {line}"):
        assert SECRET not in redact(text)
        assert redact(redact(text)) == redact(text)


def test_it_is_hidden_wherever_any_place_gives_it_away() -> None:
    with failures_together(at_least=90) as failures:
        for number, place in enumerate(PLACES):
            secret = password(random.Random(number)).replace("@", "-").replace("#", "-")
            text = f"{put(place, secret)}\nprobing\n==> azure-arm: trying {secret} once more"
            with failures.check(place):
                assert secret not in redact(text)


def test_it_is_hidden_in_other_spellings() -> None:
    secret = 'Tor"ino&80%x'
    for spelled in (
        json.dumps(secret)[1:-1],
        quote(secret, safe=""),
        secret.replace("&", "&amp;").replace('"', "&quot;"),
    ):
        assert spelled not in redact(f"net user svc {json.dumps(secret)} /add\nvalue {spelled} end")


def test_the_password_of_a_pair_is_hidden_alone() -> None:
    assert (
        redact("echo 'build:Torino#Admin80' | chpasswd\nTorino#Admin80") == "echo '[REDACTED]' | chpasswd\n[REDACTED]"
    )


def test_it_is_hidden_in_an_encoded_script() -> None:
    script = encode_script(f"Write-Host '{SECRET}'")
    assert script not in redact(f"password={SECRET}\npowershell -enc {script}")


@pytest.mark.parametrize(
    "value",
    [
        "Administrator",
        "Standard_D2s_v5",
        "5f0c19d2-70a4-4e11-9b1c-fd1d3b0a6a77",
        "C:\\\\Windows\\\\Temp",
        "10.0.20348.2227",
        "/opt/agent/bin",
        "12345678",
        "sha256",
    ],
)
def test_what_can_mean_something_else_is_hidden_only_where_it_is_named(value: str) -> None:
    line = f"Copying {value} to the image"
    assert redact(f"DB_PASSWORD='{value}'\n{line}").splitlines()[1] == line


def test_a_short_plain_value_counts_only_as_a_whole_word() -> None:
    text = "password=packer2026\npacker2026 failed\nhttps://x/packer2026setup.exe"
    assert redact(text).splitlines()[1:] == ["[REDACTED] failed", "https://x/packer2026setup.exe"]


def test_values_are_hidden_in_other_parts_of_the_text() -> None:
    redacted = redact_text(f"password={SECRET}")
    assert hide_values(f"vm-{SECRET}", redacted.values) == "vm-[REDACTED]"


def test_no_outlet_of_a_diagnosis_shows_it_far_from_its_name() -> None:
    lines = [f"export DB_PASSWORD='{SECRET}'", *(f"step {number} is done" for number in range(300))]
    output = "".join(
        f"[5f0c19d2] PACKER OUT     azure-arm: {line}\n" for line in [*lines, f"Error: {SECRET} was refused"]
    )
    end = "[5f0c19d2] PACKER ERR Build 'azure-arm' errored: Script exited with non-zero exit status: 1\n"
    diagnosis = json.dumps(DIAGNOSER.diagnose(output + end).to_json())
    assert "was refused" in diagnosis
    assert SECRET not in diagnosis


def measure(value_count: int) -> float:
    rng = random.Random(3)
    values = ["".join(rng.choices(string.ascii_letters + string.digits, k=24)) for _ in range(value_count)]
    text = "\n".join(f"password={value}\nusing {value}" for value in values)
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        redact(text)
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.property
def test_many_values_take_time_as_the_text_grows() -> None:
    assert measure(4000) / measure(500) < 24
