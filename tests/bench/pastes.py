"""A paste of 28 KB to a ranked diagnosis, and hostile pastes of the same size against a plain one."""

from __future__ import annotations

from knowledge.catalog.loading import load_entries
from knowledge.diagnosis.diagnoser import Diagnoser
from tests.bench.measuring import median, ms, percentile, row, times
from tests.build_logs import begun, powershell, restart, script_failed

SIZE = 28_000
ROUNDS = 300

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
    """The last 28 KB of a build whose script failed."""
    log = begun()
    for _ in range(12):
        powershell(log, ["Installing a component", "done"] * 6)
        restart(log)
    powershell(log, ["Downloading agent", "Contoso Agent installation failed with exit code 1603"], code=1)
    return script_failed(log, 1).text()[-SIZE:]


def pastes() -> None:
    """Prints the percentiles of the plain paste, and each hostile one as a multiple of it."""
    diagnoser = Diagnoser(load_entries())
    paste = plain_paste()
    taken = times(lambda: diagnoser.diagnose(paste), ROUNDS)
    base = median(taken)
    row("28 KB of a build log", f"p50 {ms(base)}", f"p99 {ms(percentile(taken, 0.99))}")
    for name, unit in HOSTILE.items():
        text = (unit * (SIZE // len(unit) + 1))[:SIZE]
        hostile = times(lambda text=text: diagnoser.diagnose(text), 15)  # type: ignore[misc]
        row(f"hostile: {name}", f"{median(hostile) / base:.1f} x", ms(median(hostile)))
