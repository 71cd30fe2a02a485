"""What "what failed" costs with more templates: read in pages by the SDK's client, from a fake Azure over HTTPS."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from knowledge.template.template_id import TemplateId
from tests.bench.measuring import ms, ratio, row
from tests.bot.azure.fake_azure import ONE, PERSON, Certificates, FakeAzure, FakeCredential, served, template
from tests.bot.azure.template_readers import build_reader

COUNTS = (100, 1_000, 10_000)
LIMIT_SECONDS = 900.0
"""Long enough that the list is never cut: a turn's own limit is 7.5 seconds."""


def template_list(counts: tuple[int, ...] = COUNTS) -> None:
    """Print the CPU time and the memory of reading a list, for each template."""
    row("", "CPU time", "for each", "against first", "peak for each")
    with tempfile.TemporaryDirectory() as folder:
        certificates = Certificates.make(Path(folder))
        first = 0.0
        for count in counts:
            names = [TemplateId(ONE, "rg-images", f"image-{number:05}") for number in range(count)]
            azure = FakeAzure(subscriptions={ONE: "Images"}, templates=[template(name) for name in names])
            with _serve(azure, certificates):
                read = partial(_read_list, azure, count)
                seconds = min(_time_in_thread(read) for _ in range(1 if count >= 10_000 else 3))
                tracemalloc.start()
                read()
                peak = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
            first = first or seconds / count
            row(
                f"{count} templates", ms(seconds), ms(seconds / count), ratio(seconds / count, first),
                f"{peak / count / 1024:.1f} KB",
            )  # fmt: skip


def _read_list(azure: FakeAzure, count: int) -> None:
    found = asyncio.run(build_reader(azure, FakeCredential(), seconds=LIMIT_SECONDS).find_failed_templates(PERSON))
    assert found.template_count == count, f"{found.template_count} of {count} templates were read"


def _time_in_thread(read: partial[None]) -> float:
    """Return the CPU seconds of this thread: the fake Azure works in another one."""
    started = time.thread_time()
    read()
    return time.thread_time() - started


@contextlib.contextmanager
def _serve(azure: FakeAzure, certificates: Certificates) -> Iterator[None]:
    """Serve in a thread of its own."""
    is_ready, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with served(azure, certificates):
            is_ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    is_ready.wait(30)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
