"""Whole turns, from a paste to a diagnosis card and saved state, compared with the SDK's echo bot.

Both bots are separate processes on 127.0.0.1 and get the same messages: an error of 2 KB and a log of 28 KB in
turn. Their rounds alternate. Where the system allows, the bots run on one core and the people with the connector on
another. What a turn costs in processor time is told too: other programs on the machine change it least.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.load import MARK, Connector, Load, Person, talk
from tests.bench.measuring import find_percentile, median, ms, row
from tests.bench.pastes import plain_paste
from tests.bench.running import free_port, process

AWAY = 0.15
"""Seconds to a connector that is not next door."""
_INSTALLED = "Contoso Agent installation"


@dataclass(frozen=True)
class _Effort:
    """How often and for how long each load runs, and with how many conversations: the connector is near, or far."""

    seconds: float
    rounds: int
    conversations: tuple[int, ...]
    conversations_far: tuple[int, ...]


_FULL, _QUICK = _Effort(1.0, 5, (1, 32, 256), (32,)), _Effort(0.3, 1, (1, 8), (8,))


@dataclass(frozen=True)
class _Bot:
    """A bot under load; each of its replies contains `shows`."""

    name: str
    port: int
    shows: bytes
    process: int

    def worked(self) -> float:
        """The processor seconds that it has used; not a number where the system does not say."""
        try:
            used = Path(f"/proc/{self.process}/stat").read_text("utf-8").rpartition(")")[2].split()[11:13]
        except OSError:
            return float("nan")
        return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def turns(quick: bool = False) -> None:
    """Prints turns a second, p50 and p99 of both, and the ratios. `quick`: one short round each, to see that it runs."""
    effort = _QUICK if quick else _FULL
    cores = _cores()
    if cores:
        row(f"bots on core {cores[0]}, people and connector on core {cores[1]}")
    else:
        row("the system pins nothing to cores: bots, people and connector share them")
    with _pinned(cores), tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        our_port, echo_port = free_port(), free_port()
        environ = {name: value for name, value in os.environ.items() if not name.startswith("MicrosoftApp")}
        environ |= {"BIND_ADDRESS": "127.0.0.1", "PORT": str(our_port), "LOG_LEVEL": "WARNING"}
        # a measurement asks for more than a person
        environ |= {"RATE_PER_MINUTE": "60000"}
        environ |= {"STATE_PATH": str(Path(folder) / "state.sqlite3")}
        us = running.enter_context(process(["app.py", "serve"], our_port, environ, cores))
        echoing = ["-m", "tests.bench.echo_bot", str(echo_port)]
        them = running.enter_context(process(echoing, echo_port, environ, cores))
        ours = _Bot("Image Medic", our_port, b"AdaptiveCard", us)
        echo = _Bot("SDK's echo bot", echo_port, b"Echo: ", them)
        asyncio.run(_compare(ours, echo, effort))


async def _compare(ours: _Bot, echo: _Bot, effort: _Effort) -> None:
    texts = (error_text(), log_text())
    async with Connector().serving() as connector:
        rounds = effort.rounds
        for away, loads in ((0.0, effort.conversations), (AWAY, effort.conversations_far)):
            connector.away = away
            row(
                f"connector {away * 1000:.0f} ms away, median of {rounds}" if away else f"median of {rounds} rounds",
                *("turns/s", "p50", "p99", "CPU a turn", "load busy"),
            )
            for conversations in loads:
                found: dict[str, list[Load]] = {ours.name: [], echo.name: []}
                for number in range(rounds):
                    # who goes first changes from round to round
                    for bot in (ours, echo) if number % 2 == 0 else (echo, ours):
                        people = _people(bot, conversations, f"{away}-{number}", connector, texts)
                        before = bot.worked()
                        load = await talk(people, effort.seconds)
                        load.cpu = (bot.worked() - before) / (len(load.taken) + len(people))
                        found[bot.name].append(load)
                _tell(conversations, found[ours.name], found[echo.name], (ours.name, echo.name))


def _people(bot: _Bot, count: int, name: str, connector: Connector, texts: Sequence[str]) -> list[Person]:
    url = f"http://127.0.0.1:{bot.port}/api/messages"
    # half of them begin with the log, so that the two texts are mixed at every moment
    return [
        Person(f"{name}-{count}-{at}", url, connector, texts if at % 2 == 0 else texts[::-1], bot.shows)
        for at in range(count)
    ]


def _tell(conversations: int, ours: Sequence[Load], echo: Sequence[Load], names: tuple[str, str]) -> None:
    for name, loads in zip(names, (ours, echo), strict=True):
        wrong = [fault for load in loads for fault in load.wrong]
        row(
            f"{conversations} conversation{'s' if conversations > 1 else ''}: {name}",
            f"{_rate(loads):.0f}/s",
            ms(_share(loads, 0.5)),
            ms(_share(loads, 0.99)),
            ms(_cpu(loads)),
            f"{median([load.busy for load in loads]):.0%}",
            *([f"{len(wrong)} WRONG"] if wrong else []),
        )
        if wrong:
            row(f"  the first: {wrong[0]}")
    row(
        "  against the echo bot",
        f"{_rate(ours) / _rate(echo):.1f} x",
        "",
        f"{_share(ours, 0.99) / _share(echo, 0.5):.2f} of its p50",
        f"{_cpu(echo) / _cpu(ours):.1f} x less",
    )


def _rate(loads: Sequence[Load]) -> float:
    return median([load.rate for load in loads])


def _cpu(loads: Sequence[Load]) -> float:
    return median([load.cpu for load in loads])


def _share(loads: Sequence[Load], share: float) -> float:
    return median([find_percentile(load.taken, share) if load.taken else float("nan") for load in loads])


def error_text() -> str:
    """2 KB as the portal shows a failed build, with the lines of the log that somebody pasted below it."""
    service = (
        "Deployment failed. Correlation ID: 6f3f2b1c-0a4d-4a5e-9e1b-77c0d2a4f6e1. Failed in building/customizing image: "
        "Failed in customizing image: Failed while waiting for packerizer: Microservice has failed: Failed while "
        "processing request: Error when executing packerizer: Packer build command has failed: exit status 1. During "
        "the image build, a failure has occurred, please review the build log to identify which build/customization "
        "step failed. For more troubleshooting steps go to https://aka.ms/azvmimagebuilderts. Image Build log location: "
        "https://xkzlyccln2x4qrzk8r60bnch.blob.core.windows.net/packerlogs/0b0f8a7e-11d2-4c3b-9a64-7de0c2f1a9b8/"
        "customization.log. OperationId: 119d793b-66fc-480f-9b5f-6de798958520. Use this operationId to search packer logs."
    )
    log = plain_paste().splitlines()
    end = next(at for at, line in enumerate(log) if _INSTALLED in line)
    return f"{service}\n\n" + "\n".join(log[end - 1 : end + 6]).replace(
        _INSTALLED, f"Contoso Agent {MARK} installation"
    )


def log_text() -> str:
    """28 KB of a build log whose script failed."""
    return plain_paste().replace(_INSTALLED, f"Contoso Agent {MARK} installation")


def _cores() -> tuple[int, int] | None:
    """The core of the bots and that of their load, where processes can be pinned and there are two."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[1]) if len(allowed) > 1 else None


@contextlib.contextmanager
def _pinned(cores: tuple[int, int] | None) -> Iterator[None]:
    """Keep this process on the load's core for the length of the block."""
    if cores is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cores[1]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
