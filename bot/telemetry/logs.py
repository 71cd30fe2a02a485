"""The program's logs: one line per event on standard error, without contents, secrets, or tracebacks."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import describe_error_location

SILENCED_LOGGERS = ("azure.identity", "azure.core", "msal")
"""Libraries that log the identity provider's whole error responses; our own modules log what failed."""


class TextLogFormatter(logging.Formatter):
    """Formats a record as one line of text.

    Only an exception's type and location are logged: its message may quote what a person sent.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of text."""
        message = " | ".join(line for line in record.getMessage().splitlines() if line)
        error = f" | {describe_error_location(record.exc_info[1])}" if record.exc_info and record.exc_info[1] else ""
        return f"{self.formatTime(record)} {record.levelname} {record.name}: {message}{error}"


class JsonLogFormatter(logging.Formatter):
    """Formats a record as a JSON object: `time` (UTC), `level`, `logger`, `message`, and `error` for an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the JSON object in one line."""
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1]:
            fields["error"] = describe_error_location(record.exc_info[1])
        return json.dumps(fields, ensure_ascii=False)


def _build_handler(file: Path | None) -> logging.Handler:
    """Return a handler for `file`; if there is none or it can't be written, for standard error."""
    if file:
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            return logging.FileHandler(file, encoding="utf-8")
    return logging.StreamHandler(sys.stderr)


def configure_logs(level: str, log_format: str = "text", file: Path | None = None) -> None:
    """Log to standard error, or append to `file`, in the format "text" or "json".

    The level applies to our own modules only: at DEBUG, libraries would log what people send.
    """
    handler = _build_handler(file)
    handler.setFormatter(JsonLogFormatter() if log_format == "json" else TextLogFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in ("bot", "dialogs", "knowledge"):
        logging.getLogger(name).setLevel(level)
    for name in SILENCED_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
