"""What a paste, a start, and memory cost with more entries and findings than we ship."""

from __future__ import annotations

import gc
import random
import shutil
import string
import tempfile
from functools import partial
from pathlib import Path

import yaml

from knowledge.catalog.findings import FINDINGS_DIR, load_findings
from knowledge.catalog.loading import ENTRIES_DIR, load_entries
from knowledge.diagnosis.diagnoser import Diagnoser
from tests.bench.measuring import ROUNDS, measure, measure_in_turn, measure_memory, median, ms, ratio, row
from tests.bench.pastes import plain_paste

WARM_UP = 20
"""How many pastes for each round aren't counted: patterns are compiled when they're first needed, in several steps."""
SIZES = (0, 500, 1_000)
"""How many entries and findings there are; 0: as many as we ship."""


def knowledge_size(rounds: int = ROUNDS, sizes: tuple[int, ...] = SIZES) -> None:
    """Print the cost of a paste, and that of a start for each entry and finding.

    Starts are compared with that of the second size, which has as many entries as findings, as the third has.
    """
    paste = plain_paste()
    row("", "a paste", "against shipped", "start for each", f"against {sizes[-2:][0]}", "memory for each")
    with tempfile.TemporaryDirectory() as name:
        diagnosers: dict[int, Diagnoser] = {}
        starts: list[float] = []
        for size in sizes:
            folder = Path(name) / str(size)
            _grow(folder, size)
            load = partial(_load, folder)
            start = median(measure(load, min(rounds, 3)))
            diagnosers[size] = diagnoser = load()
            # as the server does: otherwise each round would also search all that's loaded for garbage
            gc.collect()
            gc.freeze()
            for _ in range(WARM_UP * rounds):
                diagnoser.diagnose(paste)
            count = len(diagnoser.entries) + len(diagnoser.findings.rules)
            starts.append(start / count)
            pastes = {str(one): partial(diagnosers[one].diagnose, paste) for one in diagnosers}
            taken = measure_in_turn(pastes, rounds * 5)
            row(
                f"{len(diagnoser.entries)} entries, {len(diagnoser.findings.rules)} findings",
                ms(median(taken[str(size)])),
                ratio(median(taken[str(size)]), median(taken[str(sizes[0])])),
                ms(starts[-1]),
                ratio(starts[-1], starts[1 if len(starts) > 1 else 0]),
                f"{measure_memory(load) / count / 1024:.1f} KB",
            )


def _load(folder: Path) -> Diagnoser:
    return Diagnoser(load_entries(folder / "entries"), load_findings(folder / "findings"))


def _grow(folder: Path, size: int) -> None:
    """Write the shipped entries and findings, filled up to `size` each with copies that match random words."""
    chance = random.Random(7)
    shutil.copytree(ENTRIES_DIR, folder / "entries")
    shutil.copytree(FINDINGS_DIR, folder / "findings")
    paths = sorted(ENTRIES_DIR.glob("*/*.yaml"))
    pattern = yaml.safe_load(paths[0].read_text("utf-8"))
    for number in range(size - len(paths)):
        made = {**pattern, "id": f"made-{number}", "phase": "build", "explains": [], "look_alikes": []}
        made["reviewed"] = str(made["reviewed"])
        made["signatures"] = [{"id": "main", "strength": "decisive", "text": _choose_words(chance)}]
        _write(folder / "entries" / "build" / f"made-{number}.yaml", made)
    rules = [
        rule for path in sorted(FINDINGS_DIR.glob("[!_]*.yaml")) for rule in yaml.safe_load(path.read_text("utf-8"))
    ]
    rule = next(one for one in rules if one["id"] == "windows-line-endings")
    kept = {key: rule[key] for key in ("weight", "cause", "steps", "retry", "owner", "basis", "not_examples")}
    kept["title"] = {"en": "Made", "it": "Inventato"}
    if size > len(rules):
        made_rules = [
            {"id": f"made-{number}", "text": [words := _choose_words(chance)], "examples": [words], **kept}
            for number in range(size - len(rules))
        ]
        _write(folder / "findings" / "made.yaml", made_rules)


def _choose_words(chance: random.Random) -> str:
    return " ".join("".join(chance.choices(string.ascii_lowercase, k=9)) for _ in range(3))


def _write(path: Path, value: object) -> None:
    path.write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False), "utf-8")
