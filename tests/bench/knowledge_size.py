"""What a paste costs with 60 entries and with 1,000, and what start-up costs with each."""

from __future__ import annotations

import random
import shutil
import string
import tempfile
from pathlib import Path

import yaml

from knowledge.catalog.loading import ENTRIES_DIR, load_entries
from knowledge.diagnosis.diagnoser import Diagnoser
from tests.bench.measuring import median, ms, row, times
from tests.bench.pastes import plain_paste

SIZES = (60, 1_000)


def knowledge_size() -> None:
    """Prints the ratio of 1,000 entries to 60, for a paste and for the start."""
    paste = plain_paste()
    with tempfile.TemporaryDirectory() as folder:
        figures = []
        for size in SIZES:
            root = Path(folder) / str(size) / "entries"
            _grown(root, size)
            start = times(lambda root=root: Diagnoser(load_entries(root)), 5)  # type: ignore[misc]
            diagnoser = Diagnoser(load_entries(root))
            work = times(lambda diagnoser=diagnoser: diagnoser.diagnose(paste), 100)  # type: ignore[misc]
            figures.append((median(work), median(start)))
            row(f"{size} entries", f"paste {ms(median(work))}", f"start {ms(median(start))}")
        (small, small_start), (large, large_start) = figures
        row("1,000 entries against 60", f"paste {large / small:.2f} x", f"start {large_start / small_start:.1f} x")


def _grown(root: Path, size: int) -> None:
    """The shipped entries, cut or filled up to `size` with copies whose texts are random words."""
    chance = random.Random(7)
    paths = sorted(ENTRIES_DIR.glob("*/*.yaml"))
    for path in paths[:size]:
        target = root / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    pattern = yaml.safe_load(paths[0].read_text("utf-8"))
    for number in range(size - len(paths)):
        made = {**pattern, "id": f"made-{number}", "phase": "build", "explains": [], "look_alikes": []}
        made["reviewed"] = str(made["reviewed"])
        words = ["".join(chance.choices(string.ascii_lowercase, k=9)) for _ in range(3)]
        made["signatures"] = [{"id": "main", "strength": "decisive", "text": " ".join(words)}]
        (root / "build").mkdir(parents=True, exist_ok=True)
        (root / "build" / f"made-{number}.yaml").write_text(yaml.safe_dump(made, allow_unicode=True), "utf-8")
