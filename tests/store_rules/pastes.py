"""Sample inputs: a paste for every phase and severity, every kind of text, and messages that aren't pastes."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping

from dialogs.replies.general_replies import EXAMPLE_LOG
from knowledge.model.entry import Language
from tests.build_logs import begun, failed, powershell, script_failed, shell, stopped, succeeded
from tests.shipped_knowledge import ENTRIES

SECRET = "Zx8Q~planted.Secret-0123456789abcdefghijklmn"
BLOB = "https://stg0123456789.blob.core.windows.net/packerlogs/a/customization.log"

QUESTIONS: Mapping[Language, str] = {
    "en": "my image build is slow and hangs",
    "it": "la compilazione dell'immagine è lenta e si blocca",
}


def _of_every_phase_and_severity() -> dict[str, str]:
    """The first example of the first entry of each phase and severity that the knowledge has."""
    found: dict[str, str] = {}
    for entry in ENTRIES.values():
        if entry.examples:
            found.setdefault(f"{entry.phase}, {entry.severity}", entry.examples[0].text)
    return found


def _status() -> str:
    run = {"runState": "Failed", "runSubState": "Building", "message": "Build failed: a thing that nobody knows of"}
    return json.dumps({"name": "win-golden", "properties": {"provisioningState": "Succeeded", "lastRunStatus": run}})


def _long() -> str:
    log = begun()
    for number in range(60):
        powershell(log, [f"Installing component {number}", "done"] * 12)
    return script_failed(powershell(log, ["The string is missing the terminator."], code=1), 1).text()


PASTES: dict[str, str] = {
    **_of_every_phase_and_severity(),
    "the example": EXAMPLE_LOG,
    "a build that succeeded": succeeded(powershell(begun(), ["done"])).text(),
    "a build that was stopped": stopped(
        begun().write_ui("Provisioning with Powershell...").write_output("Installing Contoso Suite").wait(9_000)
    ).text(),
    "a step with two causes": script_failed(
        shell(
            begun(windows=False),
            ["E: Could not get lock /var/lib/dpkg/lock-frontend", "touch: cannot touch '/opt/x': Permission denied"],
            code=1,
        ),
        1,
    ).text(),
    "a log of an error that nobody knows": failed(begun(), "frobnication of the widget stalled").text(),
    "a status of an error that nobody knows": _status(),
    "a log of 300 KB": _long(),
    "a log with a secret": script_failed(
        powershell(
            begun(),
            [f"az login --service-principal --password {SECRET}", f"{BLOB}?sv=2024-01-01&sig={SECRET}", f"TOKEN={SECRET}"],
            code=1,
            source=f"$env:CLIENT_SECRET='{SECRET}'",
        ),
        1,
    ).text(),
    "markup": "**Build 'azure-arm' errored** <b>[x](https://evil.example)</b> {name} {{DATE(2026-01-01T00:00:00Z)}}\n"
    "==> azure-arm: Script exited with non-zero exit status: 1. Allowed exit codes are: [0]",
}  # fmt: skip


def _random_characters() -> str:
    chosen = random.Random(5000)
    return "".join(chr(chosen.choice((chosen.randint(33, 126), chosen.randint(0xA1, 0xD7FF)))) for _ in range(5000))


INVALID: dict[str, dict[str, object]] = {
    "nothing": {"text": ""},
    "blanks": {"text": " \n\t "},
    "an emoji": {"text": "👩‍💻"},
    "a mark": {"text": "?"},
    "a number that no button has": {"text": "17"},
    "an unknown command": {"text": "/deploy"},
    "5,000 random characters": {"text": _random_characters()},
    "a picture alone": {"attachments": [{"contentType": "image/png", "contentUrl": "https://example.com/1.png"}]},
    "a file alone": {"attachments": [{"contentType": "application/vnd.microsoft.teams.file.download.info"}]},
    "a recording": {"attachments": [{"contentType": "audio/mp4"}]},
    "a button that nobody made": {"value": {"v": 1, "do": "launch", "args": {}}},
    "a button with strange arguments": {"value": {"v": 1, "do": "choose", "args": {"entry": 7, "paste": "x"}}},
    "a button of an entry that is gone": {"value": {"v": 1, "do": "choose", "args": {"entry": "gone", "paste": 1}}},
    "a button of a guide that is gone": {"value": {"v": 1, "do": "guide", "args": {"id": "gone"}}},
    "a step of an old card": {"value": {"v": 1, "do": "next", "args": {"entry": "build-timeout", "step": 0, "paste": 1}}},
    "a card of another version": {"value": {"v": 2, "do": "next", "args": {}}},
    "another app's card": {"value": {"action": "approve"}},
}  # fmt: skip
