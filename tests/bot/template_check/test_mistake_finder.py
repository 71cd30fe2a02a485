"""The mistakes for a lookup are found in a process, which never makes the lookup fail."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

import pytest

from bot.template_check.mistake_finder import ProcessMistakeFinder
from bot.template_check.process_pool import TemplateProcessPool
from knowledge.mistakes.template_mistakes import MAX_TEMPLATE_CHARS, find_mistakes
from tests.knowledge.preflight.templates import build_resource

TEMPLATE = json.dumps(
    build_resource(
        {
            "buildTimeoutInMinutes": 5000,
            "customize": [{"type": "Shell", "name": "web", "inline": ["apt-get update", "sudo apt-get install nginx"]}],
        }
    )
)


async def test_it_finds_what_is_found_in_this_process() -> None:
    found = await ProcessMistakeFinder()(TEMPLATE)
    assert {mistake.rule for mistake in found} >= {"build-timeout-out-of-range", "apt-without-yes"}
    assert found == find_mistakes(TEMPLATE, datetime.now(UTC).date())


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "x" * (MAX_TEMPLATE_CHARS + 1)])
async def test_what_is_no_template_has_none(text: str) -> None:
    assert await ProcessMistakeFinder()(text) == ()


@pytest.mark.parametrize(
    "program", ["raise SystemExit(1)", "import time; time.sleep(60)", "print('no JSON')", "print('[1]')"]
)
async def test_a_process_that_fails_is_logged_without_the_template(
    program: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    finder = ProcessMistakeFinder(TemplateProcessPool(1, command=(sys.executable, "-c", program)))
    assert await finder(TEMPLATE) == ()
    assert "Preflight failed during a lookup" in caplog.text
    assert "buildTimeoutInMinutes" not in caplog.text
