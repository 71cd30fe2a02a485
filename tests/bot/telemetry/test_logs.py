"""The logs: one line per event, in either format, without anything that a person sent."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from bot.telemetry.logs import JsonLogFormatter, TextLogFormatter

ROOT = Path(__file__).resolve().parents[3]


def record(message: str, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    raised = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("bot.turns.turn_runner", logging.ERROR, __file__, 1, message, arguments, raised)


def raised(message: str) -> BaseException:
    try:
        raise ValueError(message)
    except ValueError as error:
        return error


def test_a_json_line_is_one_object() -> None:
    line = JsonLogFormatter().format(record('said "%s"\n%d', "è", 2))
    found = json.loads(line)
    assert "\n" not in line
    assert list(found) == ["time", "level", "logger", "message"]
    assert (found["level"], found["logger"], found["message"]) == ("ERROR", "bot.turns.turn_runner", 'said "è"\n2')
    assert found["time"].endswith("+00:00")


@pytest.mark.parametrize("formatter", [TextLogFormatter(), JsonLogFormatter()])
def test_an_exception_is_logged_by_place_without_its_message(formatter: logging.Formatter) -> None:
    line = formatter.format(record("It failed\nbadly", error=raised("the person's own words")))
    assert "ValueError at" in line
    assert "test_logs.py" in line
    assert "own words" not in line
    assert "Traceback" not in line
    assert "\n" not in line


@pytest.mark.parametrize("form", ["text", "json"])
def test_other_people_s_modules_keep_quiet_below_a_warning(form: str) -> None:
    program = (
        "import logging, sys; from bot.telemetry.logs import configure_logs; configure_logs('DEBUG', sys.argv[1]); "
        "logging.getLogger('bot.x').debug('ours'); logging.getLogger('other').info('theirs')"
    )
    done = subprocess.run([sys.executable, "-c", program, form], cwd=ROOT, capture_output=True, check=True, text=True)
    assert "ours" in done.stderr
    assert "theirs" not in done.stderr
    assert done.stderr.count("\n") == 1
    assert (form == "json") == done.stderr.startswith("{")


def test_what_the_identity_provider_answers_is_not_logged() -> None:
    """The library that asks it logs whole answers as warnings."""
    script = (
        "import logging; from bot.telemetry.logs import configure_logs; configure_logs('DEBUG')\n"
        "import azure.identity.aio\n"
        "for name in ('azure.identity.aio._internal.get_token_mixin', 'azure.core.pipeline.x', 'msal.token_cache'):\n"
        "    logging.getLogger(name).error('secret answer')\n"
        "logging.getLogger('bot.signing').warning('ours')"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "ours" in done.stderr
    assert "secret answer" not in done.stderr
