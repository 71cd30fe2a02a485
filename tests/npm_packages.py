"""Programs from npm that tests need, installed once as their lock files pin them."""

from __future__ import annotations

import fcntl
import json
import subprocess
from pathlib import Path

INSTALL_SECONDS = 400


def install_npm_packages(npm: str, folder: Path) -> None:
    """Install what a folder's package.json names, unless it's there already. One test process does it at a time."""
    with (folder / ".install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_installed(folder):
            return
        done = subprocess.run(
            [npm, "ci", "--include=dev", "--ignore-scripts"],
            cwd=folder, check=False, timeout=INSTALL_SECONDS, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, f"npm ci in {folder} failed:\n{done.stderr[-2000:]}"


def _is_installed(folder: Path) -> bool:
    package = json.loads((folder / "package.json").read_text("utf-8"))
    locked = json.loads((folder / "package-lock.json").read_text("utf-8"))["packages"]
    for name in {**package.get("dependencies", {}), **package.get("devDependencies", {})}:
        place = f"node_modules/{name}"
        description = folder / place / "package.json"
        if (
            not description.is_file()
            or json.loads(description.read_text("utf-8"))["version"] != locked[place]["version"]
        ):
            return False
    return True
