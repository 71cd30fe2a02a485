"""Parts are fetched in the event loop and read in a thread: in order, complete, at most two, with no thread left over."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.files.prefetching_reader import PrefetchingReader


def giving(*parts: bytes) -> Callable[[], Awaitable[bytes]]:
    left = list(parts)

    async def fetch() -> bytes:
        await asyncio.sleep(0)
        return left.pop(0) if left else b""

    return fetch


@given(some.lists(some.binary(min_size=1, max_size=20), max_size=8), some.integers(1, 30))
def test_reads_are_as_long_as_asked_for_but_at_the_end(parts: list[bytes], size: int) -> None:
    async def all_of_it() -> list[bytes]:
        pulled = PrefetchingReader(giving(*parts))

        def read() -> list[bytes]:
            found = []
            while part := pulled.read(size):
                found.append(part)
            assert pulled.read(size) == b"", "the end stays the end"
            return found

        found = await asyncio.to_thread(read)
        await pulled.end()
        return found

    found = asyncio.run(all_of_it())
    assert b"".join(found) == b"".join(parts)
    assert all(len(part) == size for part in found[:-1])


async def test_no_more_than_one_part_is_fetched_ahead() -> None:
    fetched = 0

    async def fetch() -> bytes:
        nonlocal fetched
        fetched += 1
        return b"0123456789"

    pulled = PrefetchingReader(fetch)
    assert await asyncio.to_thread(pulled.read, 5) == b"01234"
    for _ in range(20):
        await asyncio.sleep(0)
    assert fetched == 2
    await pulled.end()


async def test_what_fetching_raises_is_raised_to_the_reader() -> None:
    async def fetch() -> bytes:
        raise KeyError("gone")

    pulled = PrefetchingReader(fetch)
    with pytest.raises(KeyError, match="gone"):
        await asyncio.to_thread(pulled.read, 1)
    await pulled.end()


async def test_a_reader_that_waits_is_let_go_when_it_is_over() -> None:
    waiting, ended = asyncio.Event(), asyncio.Event()

    async def fetch() -> bytes:
        waiting.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return b""

    pulled = PrefetchingReader(fetch)
    reader = asyncio.create_task(asyncio.to_thread(pulled.read, 1))
    await waiting.wait()
    await pulled.end()
    assert ended.is_set()
    with pytest.raises(OSError, match="no longer needed"):
        await reader
    with pytest.raises(OSError, match="no longer needed"):
        await asyncio.to_thread(pulled.read, 1)


@given(some.integers(0, 12), some.integers(1, 4), some.booleans())
def test_whenever_it_is_over_the_reader_ends(turns: int, parts: int, slow: bool) -> None:
    """Even if a fetch is canceled before it began."""

    async def broken_off() -> None:
        left = [b"x" * 10] * parts

        async def fetch() -> bytes:
            if slow:
                await asyncio.sleep(0)
            return left.pop() if left else b""

        def read() -> bytes:
            found = b""
            while part := pulled.read(7):
                found += part
            return found

        pulled = PrefetchingReader(fetch)
        reader = asyncio.create_task(asyncio.to_thread(read))
        for _ in range(turns):
            await asyncio.sleep(0)
        await pulled.end()
        async with asyncio.timeout(60):
            with contextlib.suppress(OSError):
                assert await reader == b"x" * 10 * parts

    asyncio.run(broken_off())
