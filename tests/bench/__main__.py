"""`python -m tests.bench [--quick] [--against COMMIT] [SECTION …]`: all sections, or those named."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from functools import partial

from tests.bench.blob_storage import blob_storage
from tests.bench.conversation_store import conversation_store
from tests.bench.faults import faults
from tests.bench.knowledge_size import knowledge_size
from tests.bench.logs import logs
from tests.bench.pastes import pastes
from tests.bench.preflight import preflight
from tests.bench.start import start
from tests.bench.template_list import template_list
from tests.bench.turns import turns
from tests.bench.words import words

SECTIONS: dict[str, Callable[[], None]] = {
    "start": start,
    "pastes": pastes,
    "logs": logs,
    "turns": turns,
    "load": partial(faults, seconds=4.0, loads=(32,)),
    "knowledge": knowledge_size,
    "words": words,
    "templates": template_list,
    "preflight": preflight,
    "conversations": conversation_store,
    "blobs": blob_storage,
}
QUICK: dict[str, Callable[[], None]] = {
    "start": partial(start, rounds=1),
    "pastes": partial(pastes, rounds=1),
    "logs": partial(logs, rounds=1, sizes=(1, 8)),
    "turns": partial(turns, quick=True),
    "load": partial(faults, seconds=1.0, loads=(8,)),
    "knowledge": partial(knowledge_size, rounds=1, sizes=(0,)),
    "words": partial(words, sizes=(60,)),
    "templates": partial(template_list, counts=(100,)),
    "preflight": partial(preflight, rounds=1, templates=5, made_rules=200),
    "conversations": partial(conversation_store, counts=(1_000,)),
    "blobs": partial(blob_storage, counts=(50,)),
}
"""Each section at its smallest, to see that it runs."""


def main(arguments: Sequence[str]) -> int:
    """Run the sections that are named, or all of them, each in a process of its own if there are several."""
    parser = ArgumentParser(
        "python -m tests.bench", description="Measure speed, next to what people would use instead."
    )
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="run each section at its smallest")
    parser.add_argument("--against", metavar="COMMIT", default="", help="compare pastes with an earlier commit, too")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.sections if name not in SECTIONS]:
        parser.error(f"no such section: {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    names = options.sections or list(SECTIONS)
    started = time.monotonic()
    if len(names) > 1:
        # what one section leaves in memory would slow the next
        flags = (["--quick"] if options.quick else []) + (["--against", options.against] if options.against else [])
        for name in names:
            subprocess.run([sys.executable, "-m", "tests.bench", *flags, name], check=True)
    else:
        run_section(names[0], is_quick=options.quick, against=options.against)
    sys.stdout.write(
        f"\n{time.monotonic() - started:.0f} s on {os.cpu_count()} cores, Python {sys.version.split()[0]}\n"
    )
    return 0


def run_section(name: str, *, is_quick: bool, against: str) -> None:
    """Run one section in this process."""
    os.environ["KNOWLEDGE_CACHE"] = "off"  # no section but `start`, which has its own, depends on a cache
    sys.stdout.write(f"\n{name}\n{'-' * len(name)}\n")
    sys.stdout.flush()
    section = (QUICK if is_quick else SECTIONS)[name]
    if against and name == "pastes":
        section = partial(section, against=against)
    section()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
