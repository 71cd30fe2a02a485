"""Bots as separate processes, for as long as a measurement takes."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

START_SECONDS = 30
ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def process(
    arguments: list[str],
    port: int,
    environ: dict[str, str],
    cores: tuple[int, int] | None = None,
    log: Path | None = None,
) -> Iterator[int]:
    """Run a bot until the block ends and yield its process ID; its log is written to a file if one is given.

    Raises RuntimeError when it does not begin to listen.
    """
    pin = partial(os.sched_setaffinity, 0, {cores[0]}) if cores else None
    with log.open("wb") if log else contextlib.nullcontext() as stderr:
        bot = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=stderr,
            preexec_fn=pin,
        )  # fmt: skip
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if bot.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{' '.join(arguments)} did not begin to listen on port {port}")
            time.sleep(0.05)
        yield bot.pid
    finally:
        bot.terminate()
        try:
            bot.wait(20)
        except subprocess.TimeoutExpired:
            bot.kill()
            bot.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
