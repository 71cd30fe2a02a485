"""A paste of 28 KB to a ranked diagnosis, and hostile pastes of the same size against a plain one.

The plain one is diagnosed over and over, so all that it needs is compiled and cached. People's logs are different each
time. That's what the texts with new words are for, each of which is diagnosed once.
"""

from __future__ import annotations

import random
import string
from itertools import cycle

from knowledge.catalog.loading import load_entries
from knowledge.diagnosis.diagnoser import Diagnoser
from tests.bench.measuring import ROUNDS, measure_in_turn, median, ms, ratio, row
from tests.bench.older_tree import REPEATS, WARM_UP, compare_trees
from tests.build_logs import begun, powershell, restart, script_failed

SIZE = 28_000

HOSTILE = {
    "one letter a line": "a\n",
    "a bracket a line": "[x\n",
    "blank lines": "\n",
    "signatures back to back": "Script exited with non-zero exit status: 1 Cancelling build context deadline exceeded ",
    "a signature a line": "==> azure-arm: Timeout waiting for microservice to complete: context deadline exceeded\n",
    "an error word a line": "==> azure-arm: Failed: error: cannot find, exception, denied\n",
    "escapes": '\\\\\\"',
    "open tags": "<a ",
    "entities": "&amp;",
    "keys without values": "password=",
    "resource ids": "/subscriptions/a",
    "tokens cut short": "eyJ",
    "loops": "==> azure-arm: IMAGE_STATE_UNDEPLOYABLE\n",
    "prefixes": "[3c1f7a52-9d0e-4b7a-8a55-2f60c1d9e7b4] PACKER 2026/01/12 08:00:00 ui: \n",
    "nothing special": "x",
}


ERROR_WORDS = ("failed", "error:", "cannot find", "access denied", "not found", "timed out", "exit code 1603")
ERROR_SHARE = 0.3
"""The share of lines with an error word."""


def plain_paste() -> str:
    """Return the last 28 KB of a build whose script failed."""
    log = begun()
    for _ in range(12):
        powershell(log, ["Installing a component", "done"] * 6)
        restart(log)
    powershell(log, ["Downloading agent", "Contoso Agent installation failed with exit code 1603"], code=1)
    return script_failed(log, 1).text()[-SIZE:]


def list_new_texts(count: int) -> list[str]:
    """Return the last 28 KB of builds whose scripts failed, each with words of its own in every line and error."""
    return [_write_new_text(random.Random(seed)) for seed in range(count)]


def _write_new_text(chance: random.Random) -> str:
    log = begun()
    for _ in range(12):
        powershell(log, [_write_sentence(chance) for _ in range(12)])
        restart(log)
    powershell(log, [_write_sentence(chance) for _ in range(6)], code=1)
    return script_failed(log, 1).text()[-SIZE:]


def _write_sentence(chance: random.Random) -> str:
    words = ["".join(chance.choices(string.ascii_lowercase, k=chance.randint(2, 9))) for _ in range(7)]
    if chance.random() < ERROR_SHARE:
        words.insert(chance.randint(0, 6), chance.choice(ERROR_WORDS))
    return " ".join(words).capitalize()


def list_hostile() -> dict[str, str]:
    """Return the hostile pastes, each as long as the plain one."""
    return {name: (unit * (SIZE // len(unit) + 1))[:SIZE] for name, unit in HOSTILE.items()}


def pastes(rounds: int = ROUNDS, against: str = "") -> None:
    """Print each hostile paste as a multiple of the plain one, and all as a multiple of what they took at a commit."""
    texts = {"28 KB of a build log": [plain_paste()]}
    texts |= {"28 KB with new words in each text": list_new_texts((rounds * 3 + 1) * REPEATS)}
    texts |= {f"hostile: {name}": [text] for name, text in list_hostile().items()}
    if against:
        compared = compare_trees(against, texts, rounds)
        ours, older = ({name: pair[at] for name, pair in compared.items()} for at in (0, 1))
    else:
        diagnoser = Diagnoser(load_entries())
        for _ in range(WARM_UP):
            diagnoser.diagnose(plain_paste())
        remaining = {name: cycle(some_texts) for name, some_texts in texts.items()}
        works = {name: lambda name=name: diagnoser.diagnose(next(remaining[name])) for name in texts}  # type: ignore[misc]
        ours, older = {name: median(taken) for name, taken in measure_in_turn(works, rounds * 3).items()}, {}
    row("", "CPU time", "against plain", f"against {against[:7]}" if against else "")
    for name, seconds in ours.items():
        row(
            name,
            ms(seconds),
            ratio(seconds, next(iter(ours.values()))),
            *([ratio(seconds, older[name])] if older else []),
        )
