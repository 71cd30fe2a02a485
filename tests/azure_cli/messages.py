"""Warnings and errors of Azure CLI, for both programs that its interpreter runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class Recorder(logging.Handler):
    """Keeps the messages of a call: warnings and errors."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Record while the context lasts. The CLI must have configured its logging before."""
        logging.getLogger("cli").addHandler(self)
        try:
            yield
        finally:
            logging.getLogger("cli").removeHandler(self)
