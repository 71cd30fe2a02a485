"""Check many inputs in one test, and report every failure together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb
from types import TracebackType

import pytest

TESTS = Path(__file__).resolve().parent


class Failures:
    """What failed so far: `with failures.check("a name"): assert …` keeps a failure, so that the next input is checked too."""

    def __init__(self) -> None:
        self.checked = 0
        self.messages: list[str] = []

    def check(self, name: str) -> _Check:
        self.checked += 1
        return _Check(self, name)


class _Check:
    """The check of one input."""

    def __init__(self, failures: Failures, name: str) -> None:
        self._failures = failures
        self._name = name

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if not isinstance(error, (Exception, pytest.fail.Exception)):
            return False
        frames = [frame for frame in extract_tb(traceback) if Path(frame.filename).is_relative_to(TESTS)]
        where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        self._failures.messages.append(f"{self._name} ({where}): {type(error).__name__}: {error}")
        return True


@contextmanager
def failures_together(at_least: int = 1) -> Iterator[Failures]:
    """Collect the failures of many checks, and fail once with all of them; also where fewer were checked than expected."""
    failures = Failures()
    yield failures
    if failures.messages:
        lines = "\n".join(failures.messages)
        pytest.fail(f"{len(failures.messages)} of {failures.checked} failed:\n{lines}", pytrace=False)
    if failures.checked < at_least:
        pytest.fail(f"only {failures.checked} were checked, at least {at_least} were expected", pytrace=False)
