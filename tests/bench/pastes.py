"""A paste of 28 KB to a ranked diagnosis, and hostile pastes of the same size against a plain one."""

from __future__ import annotations

from functools import partial

from knowledge.catalog.loading import load_entries
from knowledge.diagnosis.diagnoser import Diagnoser
from tests.bench.measuring import ROUNDS, measure_in_turn, median, ms, ratio, row
from tests.bench.older_tree import WARM_UP, compare_trees
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


def plain_paste() -> str:
    """Return the last 28 KB of a build whose script failed."""
    log = begun()
    for _ in range(12):
        powershell(log, ["Installing a component", "done"] * 6)
        restart(log)
    powershell(log, ["Downloading agent", "Contoso Agent installation failed with exit code 1603"], code=1)
    return script_failed(log, 1).text()[-SIZE:]


def list_hostile() -> dict[str, str]:
    """Return the hostile pastes, each as long as the plain one."""
    return {name: (unit * (SIZE // len(unit) + 1))[:SIZE] for name, unit in HOSTILE.items()}


def pastes(rounds: int = ROUNDS, against: str = "") -> None:
    """Print each hostile paste as a multiple of the plain one, and all as a multiple of what they took at a commit."""
    texts = {"28 KB of a build log": plain_paste()} | {
        f"hostile: {name}": text for name, text in list_hostile().items()
    }
    if against:
        compared = compare_trees(against, texts, rounds)
        ours, older = ({name: pair[at] for name, pair in compared.items()} for at in (0, 1))
    else:
        diagnoser = Diagnoser(load_entries())
        for _ in range(WARM_UP):
            diagnoser.diagnose(plain_paste())
        works = {name: partial(diagnoser.diagnose, text) for name, text in texts.items()}
        ours, older = {name: median(taken) for name, taken in measure_in_turn(works, rounds * 3).items()}, {}
    row("", "CPU time", "against plain", f"against {against[:7]}" if against else "")
    for name, seconds in ours.items():
        row(
            name,
            ms(seconds),
            ratio(seconds, next(iter(ours.values()))),
            *([ratio(seconds, older[name])] if older else []),
        )
