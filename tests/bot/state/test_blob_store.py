"""State in Azure Blob Storage: content, stray blobs, races, crashes, refusals, and a service that doesn't answer."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import trustme
from aiohttp import web

from bot.errors import StateConflictError, StoreError
from bot.state import blob_requests, blob_store
from bot.state.blob_store import BlobStore
from bot.state.store import StoredState
from tests.azurite.service import AnybodyCredential, Azurite

KEY = "contoso|a:1|29:ada"


@pytest.fixture
def url(azurite: Azurite) -> str:
    return f"{azurite.url}/c{secrets.token_hex(8)}"


@pytest_asyncio.fixture
async def store(azurite: Azurite, url: str) -> AsyncIterator[BlobStore]:
    store = await BlobStore(url, AnybodyCredential(), str(azurite.authority)).open()
    yield store
    await store.close()


async def names(store: BlobStore) -> list[str]:
    if store._removal_tasks:
        await asyncio.wait(store._removal_tasks)
    return [blob.name async for blob in store._container.list_blobs()]


async def test_names_tell_nothing_and_nothing_is_left_behind(store: BlobStore) -> None:
    etag = await store.commit(KEY, None, {"n": 1}, waiting=True)
    assert len(await names(store)) == 2
    for name in await names(store):
        assert name.startswith(("state/", "waiting/"))
        assert not any(part in name for part in ("contoso", "ada", "a:1"))
    etag = await store.commit(KEY, etag, {"n": 2}, waiting=True)
    assert len(await names(store)) == 2
    etag = await store.commit(KEY, etag, {"n": 3})
    assert [name.split("/")[0] for name in await names(store)] == ["state"]
    await store.commit(KEY, etag, {"n": 4}, waiting=True)
    await store.forget(KEY)
    assert await names(store) == []


async def test_a_container_that_is_there_is_taken_and_one_that_goes_is_said(
    azurite: Azurite, url: str, store: BlobStore
) -> None:
    await store.commit(KEY, None, {"n": 1})
    other = await BlobStore(url, AnybodyCredential(), str(azurite.authority)).open()
    assert await other.load(KEY) is not None
    await other._container.delete_container()
    for work in (other.load(KEY), other.commit(KEY, None, {}), other.list_waiting_keys(5)):
        with pytest.raises(StoreError, match=r"ContainerNotFound\): the container is gone"):
            await work
    await other.close()


async def test_the_loser_of_a_race_leaves_no_marker_and_takes_none_away(
    azurite: Azurite, url: str, store: BlobStore
) -> None:
    """One ends what waits while another one, on an old state and then on the new one, lets more wait."""
    other = await BlobStore(url, AnybodyCredential(), str(azurite.authority)).open()
    first = await store.commit(KEY, None, {"n": 1}, waiting=True)
    seen = await other.load(KEY)
    assert seen is not None
    await store.commit(KEY, first, {"n": 2})
    with pytest.raises(StateConflictError):
        await other.commit(KEY, seen.etag, {"n": 9}, waiting=True)
    with pytest.raises(StateConflictError):
        await other.commit(KEY, None, {"n": 9}, waiting=True)
    seen = await other.load(KEY)
    assert seen is not None
    await other.commit(KEY, seen.etag, {"n": 3}, waiting=True)
    assert len(await names(store)) == len(await names(other)) == 2
    assert await store.list_waiting_keys(5) == [KEY]
    await other.close()


async def test_many_instances_that_begin_and_end_waiting_lose_no_marker(azurite: Azurite, url: str) -> None:
    stores = [await BlobStore(url, AnybodyCredential(), str(azurite.authority)).open() for _ in range(3)]

    async def flip(store: BlobStore, n: int) -> None:
        for turn in range(14):
            found = await store.load(KEY)
            value, etag = (found.value, found.etag) if found else ({"n": 0}, None)
            try:
                await store.commit(KEY, etag, {"n": value["n"] + 1}, waiting=(turn + n) % 2 == 0)
            except StateConflictError:
                continue
            if turn % 3 == 0:
                await store.list_waiting_keys(5)

    await asyncio.gather(*(flip(store, n) for n, store in enumerate(stores)))
    for store in stores:
        await names(store)
    for waiting in (True, False, True):
        found = await stores[0].load(KEY)
        assert found is not None
        await stores[0].commit(KEY, found.etag, found.value, waiting=waiting)
        await names(stores[0])
        assert await stores[1].list_waiting_keys(5) == [KEY] * waiting
    assert len(await names(stores[0])) == 2
    for store in stores:
        await store.close()


async def test_a_marker_that_a_crash_left_goes_after_a_while_and_one_that_counts_stays(
    store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.commit("counts", None, {}, waiting=True)
    await store._get_marker_blob("crashed", "before its state").upload_blob(b'"crashed"')
    await store._get_marker_blob("counts", "an older one").upload_blob(b'"counts"')
    await store._container.get_blob_client("waiting/who.knows").upload_blob(b"7")
    assert sorted(await store.list_waiting_keys(9)) == ["counts", "crashed"]
    monkeypatch.setattr(blob_store, "STRAY_MARKER_SECONDS", -5)
    assert await store.list_waiting_keys(9) == ["counts"]
    assert len([name for name in await names(store) if name.startswith("waiting/")]) == 2
    assert await store.list_waiting_keys(9) == ["counts"]


async def test_a_state_is_found_after_a_crash_at_any_moment_of_its_commit(
    azurite: Azurite, url: str, store: BlobStore
) -> None:
    """A commit is cut at every moment: if the state is there, so is its marker."""
    kept = 0
    for n in range(40):
        key = f"k{n}"
        other = BlobStore(url, AnybodyCredential(), str(azurite.authority))
        task = asyncio.create_task(other.commit(key, None, {"n": n}, waiting=True))
        await asyncio.sleep(n * 0.001)
        task.cancel()
        await asyncio.wait([task])
        await other.close()
        if await store.load(key):
            kept += 1
            assert key in await store.list_waiting_keys(99)
    assert kept > 0


async def test_what_was_not_touched_for_long_goes_and_nothing_else(store: BlobStore) -> None:
    await store.commit("old", None, {})
    etag = await store.commit("kept", None, {})
    await asyncio.sleep(3.1)  # the service tells times to the second
    await store.commit("kept", etag, {})
    assert await store.prune(3600) == 0
    assert await store.prune(2) == 1
    assert await store.load("old") is None
    assert await store.load("kept") is not None


async def test_what_is_no_state_is_an_empty_one(store: BlobStore) -> None:
    await store._get_state_blob(KEY).upload_blob(b"\xff[1, 2")
    found = await store.load(KEY)
    assert found is not None
    assert found.value == {}
    await store.commit(KEY, found.etag, {"n": 2})


@pytest.mark.parametrize("claims", [{"exp": 1}, {"aud": "https://vault.azure.net"}])
async def test_whom_the_service_does_not_know_gets_the_role_named(
    azurite: Azurite, url: str, claims: dict[str, Any]
) -> None:
    with pytest.raises(StoreError, match="Assign it Storage Blob Data Contributor"):
        await BlobStore(url, AnybodyCredential(**claims), str(azurite.authority)).open()


@asynccontextmanager
async def service(
    tmp_path: Path, answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> AsyncIterator[BlobStore]:
    """A storage service with one answer."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    app = web.Application()
    app.router.add_route("*", "/{way:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    url = f"https://127.0.0.1:{runner.addresses[0][1]}/account/states"
    store = BlobStore(url, AnybodyCredential(), str(tmp_path / "ca.pem"))
    yield store
    await store.close()
    await runner.cleanup()


async def test_a_refusal_of_the_account_is_said_at_once(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=403, headers={"x-ms-error-code": "AuthorizationPermissionMismatch"})

    async with service(tmp_path, answer) as store:
        began = time.monotonic()
        with pytest.raises(
            StoreError, match=r"\(AuthorizationPermissionMismatch\): the bot's identity lacks permission"
        ):
            await store.load(KEY)
        assert time.monotonic() - began < 5


async def test_a_commit_whose_answer_was_lost_counts_as_a_conflict_and_stands(azurite: Azurite, url: str) -> None:
    """The service took it, said 500, and the second try meets its own work: the turn is looked up again and found."""
    store = await BlobStore(url, AnybodyCredential(), str(azurite.authority)).open()
    etag = await store.commit(KEY, None, {"n": 1})
    tries = 0
    send = store._container._pipeline._transport.send  # type: ignore[attr-defined]

    async def lossy(request: Any, **more: Any) -> Any:
        nonlocal tries
        response = await send(request, **more)
        if request.method == "PUT" and (tries := tries + 1) == 1:
            response.status_code = 500
        return response

    store._container._pipeline._transport.send = lossy  # type: ignore[attr-defined]
    with pytest.raises(StateConflictError):
        await store.commit(KEY, etag, {"n": 2})
    found = await store.load(KEY)
    assert found is not None
    assert (found.value, tries) == ({"n": 2}, 2)
    await store.close()


async def test_a_service_that_says_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blob_requests, "OPERATION_TIMEOUT_SECONDS", 0.2)

    async def answer(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async with service(tmp_path, answer) as store:
        calls: list[Awaitable[StoredState | str | list[str] | None]] = [
            store.load(KEY), store.commit(KEY, None, {}), store.list_waiting_keys(5), store.forget(KEY),
        ]  # fmt: skip
        for call in calls:
            with pytest.raises(StoreError, match="doesn't answer"):
                await call


async def test_a_service_that_cannot_be_reached_is_said_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blob_requests, "OPERATION_TIMEOUT_SECONDS", 0.5)

    async def answer(request: web.Request) -> web.Response:
        raise AssertionError

    async with service(tmp_path, answer) as there:
        strange = BlobStore(there._url, AnybodyCredential())
        with pytest.raises(StoreError, match="doesn't answer"):
            # its certificate is nobody's
            await strange.open()
