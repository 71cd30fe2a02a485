"""US spelling of the English that is next to Italian in one file: entries, how-tos, and the other YAML files.

`make check` spells code, pages, and the English texts; those files would only make it complain about Italian.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent


def read_english(value: Any) -> Iterator[str]:
    """Yield every text under a key `en`, at any depth."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "en":
                yield from _texts(item)
            elif key != "it":
                yield from read_english(item)
    elif isinstance(value, list):
        for item in value:
            yield from read_english(item)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def test_english_texts_have_us_spelling() -> None:
    texts = [
        text
        for path in sorted((ROOT / "knowledge").rglob("*.yaml"))
        for text in read_english(yaml.safe_load(path.read_text("utf-8")))
    ]
    assert len(texts) > 500
    ran = subprocess.run(
        [sys.executable, "-m", "codespell_lib", "--toml", "pyproject.toml", "-"],
        cwd=ROOT, input="\n".join(texts), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(("language", "is_checked"), [("en", True), ("it", False), ("es", False), ("pt-br", False)])
def test_only_the_english_texts_are_spelled(tmp_path: Path, language: str, is_checked: bool) -> None:
    path = tmp_path / "dialogs" / "texts" / language / "general.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("talk.hello: I recieve it\n", "utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "codespell_lib", "--toml", str(ROOT / "pyproject.toml")],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ("receive" in ran.stdout) == is_checked
