"""A pytest plugin that makes the Bot Framework SDK unimportable: `pytest -p tests.without_botbuilder …`.

Whatever doesn't start the Teams server works without it, so that another SDK can take its place one day.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType


class _MissingSdk(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
        if name.split(".")[0] in ("botbuilder", "botframework"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, _MissingSdk())
