"""The program's logs: a line an event on standard error, without contents, secrets or tracebacks."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import describe_error_location

SILENCED_LOGGERS = ("azure.identity", "azure.core", "msal")
"""Libraries that log whole answers of the identity provider when it refuses; our own modules say what failed."""


class TextLogFormatter(logging.Formatter):
    """A line to read. Of an exception it tells kind and place only: its message may quote what somebody sent."""

    def format(self, record: logging.LogRecord) -> str:
        message = " | ".join(line for line in record.getMessage().splitlines() if line)
        raised = f" | {describe_error_location(record.exc_info[1])}" if record.exc_info and record.exc_info[1] else ""
        return f"{self.formatTime(record)} {record.levelname} {record.name}: {message}{raised}"


class JsonLogFormatter(logging.Formatter):
    """One JSON object a line: `time` (UTC), `level`, `logger`, `message` and, where something was raised, `error`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1]:
            line["error"] = describe_error_location(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def _build_handler(file: Path | None) -> logging.Handler:
    """Where the lines go; where the file cannot be written, to standard error."""
    if file:
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            return logging.FileHandler(file, encoding="utf-8")
    return logging.StreamHandler(sys.stderr)


def configure_logs(level: str, log_format: str = "text", file: Path | None = None) -> None:
    """Log to standard error, or to the end of `file`, in `form` text or json.

    The level is that of our own modules: at DEBUG, others would log what people send.
    """
    handler = _build_handler(file)
    handler.setFormatter(JsonLogFormatter() if log_format == "json" else TextLogFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in ("bot", "dialogs", "knowledge"):
        logging.getLogger(name).setLevel(level)
    for name in SILENCED_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
