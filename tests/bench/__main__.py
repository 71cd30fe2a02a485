"""`python -m tests.bench [--quick] [SECTION …]`: all sections, or those named. `--quick` shortens what can be shortened."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial

from tests.bench.faults import faults
from tests.bench.knowledge_size import knowledge_size
from tests.bench.logs import logs
from tests.bench.pastes import pastes
from tests.bench.start import start
from tests.bench.turns import turns
from tests.bench.words import words

SECTIONS: dict[str, Callable[[], None]] = {
    "start": start,
    "pastes": pastes,
    "knowledge": knowledge_size,
    "logs": logs,
    "words": words,
    "turns": turns,
    "load": faults,
}
QUICK: dict[str, Callable[[], None]] = {
    "start": partial(start, rounds=5),
    "turns": partial(turns, quick=True),
    "load": partial(faults, quick=True),
}


def main(names: list[str]) -> int:
    """Runs the sections named, or all of them."""
    sections = SECTIONS | (QUICK if "--quick" in names else {})
    names = [name for name in names if name != "--quick"]
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        sys.stderr.write(f"{', '.join(unknown)}: no such section; there are {', '.join(SECTIONS)}\n")
        return 2
    os.environ["KNOWLEDGE_CACHE"] = "off"  # no section but `start`, which has its own, depends on a cache
    for name in names or SECTIONS:
        sys.stdout.write(f"\n{name}\n{'-' * len(name)}\n")
        sections[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
