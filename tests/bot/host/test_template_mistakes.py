"""Preflight during a lookup: in threads, and never the reason why a lookup fails."""

from __future__ import annotations

import json
import logging
import threading

import pytest

from bot.errors import OverloadedError
from bot.host.template_mistakes import build_mistake_finder
from bot.workload.text_workers import TextWorkers
from tests.knowledge.preflight.templates import build_resource

TEMPLATE = json.dumps(build_resource({"buildTimeoutInMinutes": 5000}))


async def test_it_finds_mistakes_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [mistake.rule for mistake in await build_mistake_finder(TextWorkers())(TEMPLATE)] == [
        "build-timeout-out-of-range"
    ]
    threads: list[str] = []
    monkeypatch.setattr(
        "bot.host.template_mistakes.find_mistakes",
        lambda *_: threads.append(threading.current_thread().name) or (),
    )
    assert await build_mistake_finder(TextWorkers())(TEMPLATE) == ()
    assert threads[0].startswith("text")


async def test_a_fault_in_a_rule_is_logged_without_the_template(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(template_json: str, today: object) -> None:
        raise KeyError(template_json)

    monkeypatch.setattr("bot.host.template_mistakes.find_mistakes", fail)
    caplog.set_level(logging.DEBUG)
    assert await build_mistake_finder(TextWorkers())(TEMPLATE) == ()
    assert "Preflight failed during a lookup: KeyError" in caplog.text
    assert "buildTimeoutInMinutes" not in caplog.text


async def test_where_too_many_texts_wait_there_are_no_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(self: TextWorkers, function: object) -> None:
        raise OverloadedError("Too many long texts are waiting.")

    monkeypatch.setattr(TextWorkers, "run", refuse)
    assert await build_mistake_finder(TextWorkers())(TEMPLATE) == ()
