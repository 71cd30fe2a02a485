"""The build log: finding it, reading its end in a few short requests, and streaming all of it despite errors."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from aiohttp import web

from bot.azure.arm.request_policy import Deadline
from bot.azure.clients.management_clients import ManagementClients
from bot.azure.logs import log_stream, log_tail
from bot.azure.logs.log_blob import LogBlob
from bot.azure.templates.template_reader import AzureTemplateReader
from bot.files.prefetching_reader import PrefetchingReader
from dialogs.model.azure import LogTail, TemplateStatus
from dialogs.model.errors import AzureRefusedError
from tests import build_logs
from tests.bot.azure.fake_azure import (
    ACCOUNT,
    FOLDER,
    ONE,
    PERSON,
    REF,
    STAGING,
    FakeAzure,
    FakeBlob,
    FakeCredential,
    error,
    new_message,
    old_message,
    run,
    storage_error,
    template,
)
from tests.bot.azure.template_readers import build_reader

KEY = f"{ACCOUNT}/{FOLDER}/customization.log"
NOISE = "Get:1 http://azure.archive.ubuntu.com/ubuntu noble/main amd64 package [12 kB]"


def log_of(noise: int = 0, before: int = 0) -> bytes:
    """A build that failed in its second step, which printed `noise` lines; the first printed `before`."""
    log = build_logs.begun(windows=False)
    build_logs.shell(log, [NOISE] * before)
    build_logs.shell(log, [NOISE] * noise + ["E: Unable to locate package nonesuch"], code=100)
    build_logs.script_failed(log, 100)
    return ("\n".join(log.lines) + "\n").encode()


def place(azure: FakeAzure, content: bytes | FakeBlob, file: str = "customization.log", folder: str = FOLDER) -> str:
    if not azure.accounts:
        azure.account()
    blob = content if isinstance(content, FakeBlob) else FakeBlob.of(content)
    key = f"{ACCOUNT}/{folder}/{file}"
    azure.blobs[key] = blob
    return key


async def status_of(reader: AzureTemplateReader, azure: FakeAzure, **properties: Any) -> TemplateStatus:
    azure.templates = [template(**properties)]
    status = await reader.fetch_status(PERSON, REF)
    azure.hits.clear()
    return status


async def tail_of(azure: FakeAzure, credential: FakeCredential, **properties: Any) -> LogTail:
    reader = build_reader(azure, credential)
    return await reader.fetch_log_tail(PERSON, await status_of(reader, azure, **properties))


def blob_reads(azure: FakeAzure) -> int:
    return sum("/blobs/" in path for path in azure.paths)


@pytest.mark.parametrize("message", [old_message(), new_message(), "", "It failed."])
async def test_a_short_log_is_read_whole(azure: FakeAzure, credential: FakeCredential, message: str) -> None:
    content = log_of()
    place(azure, content)
    found = await tail_of(azure, credential, lastRunStatus=run(message=message))
    assert found == LogTail("customization.log", content.decode(), len(content), len(content), FOLDER)
    assert found.is_whole
    # the accounts, then the log's size and its content; where no message names it, the list before
    assert len(azure.hits) == (3 if "log" in message else 4)


@pytest.mark.property
@pytest.mark.parametrize("noise", [10, 3_000, 10_000, 20_000])
async def test_the_cost_follows_the_failed_step_and_not_the_log(
    azure: FakeAzure, credential: FakeCredential, noise: int
) -> None:
    content = log_of(noise, before=60_000)
    place(azure, content)
    found = await tail_of(azure, credential)
    step = content.rindex(b"Provisioning with shell")
    assert found.text.count("Provisioning with shell") >= 1
    assert content.decode().endswith(found.text)
    assert found.text.startswith("[")  # a whole line
    assert not found.is_whole
    assert found.size == len(content)
    assert found.bytes_read <= max(2 * (len(content) - step) + log_tail.FIRST_STEP_BYTES, log_tail.FIRST_STEP_BYTES)
    assert blob_reads(azure) <= 6


async def test_a_gigabyte_costs_no_more_than_a_megabyte(azure: FakeAzure, credential: FakeCredential) -> None:
    end = log_of(2_000)
    size = (1 << 30) + 3
    line = (NOISE + "\n").encode()

    def read(start: int, stop: int) -> bytes:
        begin = size - len(end)
        filler = b""
        if start < begin:
            upto = min(stop, begin)
            first = start // len(line)
            filler = (line * ((upto - start) // len(line) + 2))[start - first * len(line) :][: upto - start]
        return filler + end[max(start - begin, 0) : max(stop - begin, 0)]

    place(azure, FakeBlob(size, read))
    found = await tail_of(azure, credential)
    assert "Provisioning with shell" in found.text
    assert (found.size, found.growing) == (size, False)
    assert found.bytes_read <= 1 << 20
    assert blob_reads(azure) <= 4


@pytest.mark.property
async def test_at_most_four_megabytes_are_read(azure: FakeAzure, credential: FakeCredential) -> None:
    for odd in range(4):
        content = b"#" * odd + log_of(100_000)
        place(azure, content)
        found = await tail_of(azure, credential)
        assert log_tail.MAX_TAIL_BYTES - 4 < found.bytes_read <= log_tail.MAX_TAIL_BYTES
        assert "Provisioning with shell" not in found.text
        assert content.decode().endswith(found.text)
        assert blob_reads(azure) == 6  # its size, then 256 KB, 256, 512, 1 MB and 2 MB


async def test_characters_and_lines_are_cut_whole(azure: FakeAzure, credential: FakeCredential) -> None:
    for text in ("perché così è già 日本語 🙂", "x" * 999):
        content = (f"{text}\n" * 400_000).encode()[-5_000_000:]
        place(azure, content)
        found = await tail_of(azure, credential)
        assert "\ufffd" not in found.text
        assert set(found.text.splitlines()) == {text}


async def test_a_log_of_wide_characters(azure: FakeAzure, credential: FakeCredential) -> None:
    content = log_of(4_000, before=4_000).decode().encode("utf-16")
    place(azure, content)
    found = await tail_of(azure, credential)
    assert "E: Unable to locate package nonesuch" in found.text
    assert found.text.splitlines()[0].startswith("[")
    assert not found.is_whole


async def test_one_endless_line(azure: FakeAzure, credential: FakeCredential) -> None:
    place(azure, b"x" * 5_000_000)
    found = await tail_of(azure, credential)
    assert found.bytes_read == len(found.text) == log_tail.MAX_TAIL_BYTES


async def test_a_running_build_is_growing(azure: FakeAzure, credential: FakeCredential) -> None:
    place(azure, log_of())
    for state in ("Running", "Canceling"):
        found = await tail_of(azure, credential, lastRunStatus=run(state, message="", endTime=None))
        assert found.growing


class Change:
    """Changes a blob when the n-th request for a part of it arrives, once or each time."""

    def __init__(self, azure: FakeAzure, blobs: list[FakeBlob], at: int = 2) -> None:
        self.azure, self.blobs, self.at, self.seen = azure, blobs, at, 0
        azure.on_hit = self

    async def __call__(self, request: web.Request) -> None:
        if "/blobs/" in request.path and request.method == "GET":
            self.seen += 1
            if self.seen >= self.at and self.blobs:
                self.azure.blobs[KEY] = self.blobs.pop(0)


@pytest.mark.parametrize("at", [1, 2, 3, 4])
async def test_a_log_that_grows_is_read_to_where_it_ended(
    azure: FakeAzure, credential: FakeCredential, at: int
) -> None:
    content = log_of(9_000)
    place(azure, content)
    more = [FakeBlob.of(content + b"more\n" * n, f'"{n}"') for n in range(1, 3)]
    Change(azure, more, at)
    found = await tail_of(azure, credential)
    assert not more
    if at == 1:  # nothing was read yet: the new end is as good
        content += b"more\n" * 2
    assert content.decode().endswith(found.text)
    assert found.size == len(content)


@pytest.mark.parametrize("at", [2, 3])
@pytest.mark.parametrize("size", [300, 9_000, 20_000])
async def test_a_log_that_is_replaced_is_read_anew(
    azure: FakeAzure, credential: FakeCredential, at: int, size: int
) -> None:
    place(azure, log_of(9_000))
    another = log_of(size).replace(b"nonesuch", b"another!")
    Change(azure, [FakeBlob.of(another, '"new"')], at)
    found = await tail_of(azure, credential)
    assert "nonesuch" not in found.text
    assert "package another!" in found.text
    assert found.size == len(another)


async def test_a_log_that_is_replaced_again_and_again_is_given_up(azure: FakeAzure, credential: FakeCredential) -> None:
    content = log_of(9_000)
    place(azure, content)
    others = [FakeBlob.of(content.replace(b"Unable", b"%06d" % n), f'"{n}"') for n in range(50)]
    Change(azure, others)
    with pytest.raises(AzureRefusedError) as caught:
        await tail_of(azure, credential)
    assert caught.value.refusal.reason == "unexpected"
    assert len(azure.hits) <= 30


@pytest.mark.parametrize(
    ("sub_state", "there", "file"),
    [
        ("Validating", ("customization.log", "validation.log"), "validation.log"),
        ("Validating", ("customization.log",), "customization.log"),
        ("Customizing", ("customization.log", "validation.log"), "customization.log"),
        ("", ("customization.log", "validation.log"), "validation.log"),
        ("", ("customization.log",), "customization.log"),
    ],
)
@pytest.mark.parametrize("message", [old_message(), ""])
async def test_a_run_that_failed_in_validating_has_a_log_of_that(
    azure: FakeAzure, credential: FakeCredential, sub_state: str, there: tuple[str, ...], file: str, message: str
) -> None:
    for name in there:
        place(azure, name.encode(), name)
    found = await tail_of(azure, credential, lastRunStatus=run(sub_state=sub_state, message=message))
    assert (found.file, found.text) == (file, file)


async def test_without_a_message_the_newest_folder_is_taken(azure: FakeAzure, credential: FakeCredential) -> None:
    for folder, modified in (("1" * 36, "21"), ("2" * 36, "23"), ("3" * 36, "22")):
        azure.blobs[place(azure, folder.encode(), folder=folder)].modified = f"{modified} Feb 2026 01:29:25 GMT"
    for blob, day in zip(azure.blobs.values(), ("Sat", "Mon", "Sun"), strict=True):
        blob.modified = f"{day}, {blob.modified}"
    azure.blobs[f"{ACCOUNT}/notes.txt"] = FakeBlob.of(b"x")
    found = await tail_of(azure, credential, lastRunStatus=run(message=""))
    assert (found.folder, found.text) == ("2" * 36, "2" * 36)
    # an earlier run's log is not this run's
    with pytest.raises(AzureRefusedError) as caught:
        await tail_of(azure, credential, lastRunStatus=run(message="", startTime="2026-03-01T00:00:00Z"))
    assert caught.value.refusal.reason == "no-log"


@pytest.mark.parametrize(
    ("message", "answers", "reason"),
    [
        (old_message(), {"HEAD": storage_error(404, "BlobNotFound")}, "log-gone"),
        (old_message(), {"HEAD": storage_error(404, "ContainerNotFound")}, "log-gone"),
        ("", {"/blobs/": storage_error(404, "ContainerNotFound")}, "no-log"),
        ("", {"/blobs/": storage_error(403, "AuthorizationFailure")}, "firewall"),
        (old_message(), {"/blobs/": storage_error(403, "AuthorizationFailure")}, "firewall"),
        (old_message(), {"/blobs/": storage_error(403, "AuthorizationPermissionMismatch")}, "no-data-role"),
        (old_message(), {"GET /blobs/": storage_error(403, "AuthorizationPermissionMismatch")}, "no-data-role"),
        (old_message(), {"storageAccounts": error(404, "ResourceGroupNotFound")}, "log-gone"),
        (old_message(), {"storageAccounts": error(403, "AuthorizationFailed")}, "denied"),
        (old_message(), {"storageAccounts": (200, {}, {"value": []})}, "log-gone"),
        (old_message(), {"/blobs/": storage_error(503, "ServerBusy", {"Retry-After": "86400"})}, "busy"),
    ],
)
async def test_why_there_is_no_log(
    azure: FakeAzure, credential: FakeCredential, message: str, answers: dict[str, Any], reason: str
) -> None:
    place(azure, log_of())
    azure.answers = {pattern: [answer] for pattern, answer in answers.items()}
    async with asyncio.timeout(5):
        with pytest.raises(AzureRefusedError) as caught:
            await tail_of(azure, credential, lastRunStatus=run(message=message))
    assert caught.value.refusal.reason == reason
    if reason == "no-data-role":
        assert caught.value.refusal.scope == (
            f"/subscriptions/{ONE}/resourceGroups/{STAGING}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}"
        )
    if reason == "busy":
        assert caught.value.refusal.retry_after == 86400


async def test_no_run_and_no_staging_group_and_nothing_written(azure: FakeAzure, credential: FakeCredential) -> None:
    place(azure, b"")
    for properties, reason in (
        ({"lastRunStatus": None}, "no-run"),
        ({"exactStagingResourceGroup": None}, "no-log"),
        ({"exactStagingResourceGroup": "IT_of_some_kind"}, "no-log"),
        ({}, "no-log"),
        ({"lastRunStatus": run(message="")}, "no-log"),
    ):
        with pytest.raises(AzureRefusedError) as caught:
            await tail_of(azure, credential, **properties)
        assert caught.value.refusal.reason == reason


@pytest.mark.parametrize(
    "message",
    [
        old_message(account="sendmeyourtokens"),
        new_message(account="sendmeyourtokens"),
        "Image build log location: {elsewhere}/packerlogs/" + FOLDER + "/customization.log",
        "Image build log location: https://user:pass@"
        + ACCOUNT
        + ".blob.core.windows.net/packerlogs/x/customization.log",
        old_message(folder="../../../" + FOLDER),
        old_message().replace(f"{ACCOUNT}.blob.core.windows.net", "{host}"),
    ],
)
async def test_a_hostile_message_receives_no_token(
    azure: FakeAzure, elsewhere: FakeAzure, credential: FakeCredential, message: str
) -> None:
    place(azure, log_of())
    said = message.replace("{elsewhere}", elsewhere.url).replace("{host}", elsewhere.url.removeprefix("https://"))
    reader = build_reader(azure, credential)
    status = await status_of(reader, azure, lastRunStatus=run(message=said))
    for read in (reader.fetch_log_tail(PERSON, status), reader.diagnose_log(PERSON, status, "en", lambda *_: None)):
        with pytest.raises(AzureRefusedError) as caught:
            await read
        assert caught.value.refusal.reason == "suspicious"
    assert not elsewhere.hits
    assert blob_reads(azure) == 0
    assert azure.cloud.storage_scope not in credential.asked


@pytest.mark.parametrize("endpoint", ["{elsewhere}/blobs/" + ACCOUNT, "https://" + ACCOUNT + ".blob.core.windows.net/"])
async def test_an_endpoint_on_another_host_gets_no_token(
    azure: FakeAzure, elsewhere: FakeAzure, credential: FakeCredential, endpoint: str
) -> None:
    azure.account(endpoint=endpoint.format(elsewhere=elsewhere.url))
    for message in (old_message(), ""):
        with pytest.raises(AzureRefusedError) as caught:
            await tail_of(azure, credential, lastRunStatus=run(message=message))
        assert caught.value.refusal.reason == "suspicious"
    assert not elsewhere.hits
    assert azure.cloud.storage_scope not in credential.asked


async def test_a_staging_group_of_another_subscription(azure: FakeAzure, credential: FakeCredential) -> None:
    with pytest.raises(AzureRefusedError) as caught:
        await tail_of(
            azure, credential, exactStagingResourceGroup="/subscriptions/" + "1" * 8 + ONE[8:] + "/resourceGroups/x"
        )
    assert caught.value.refusal.reason == "suspicious"
    assert not azure.hits


async def test_a_whole_log_is_read_as_a_stream(
    azure: FakeAzure, credential: FakeCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_stream, "CHUNK_BYTES", 64 << 10)
    content = log_of(9_000)
    place(azure, content)
    reader = build_reader(azure, credential)
    progress: list[tuple[int, int]] = []
    threads: set[bool] = set()

    def note(read: int, size: int) -> None:
        threads.add(threading.current_thread() is threading.main_thread())
        progress.append((read, size))

    found = await reader.diagnose_log(PERSON, await status_of(reader, azure), "it", note)
    assert (found.file, found.size, found.folder, found.growing) == ("customization.log", len(content), FOLDER, False)
    assert found.diagnosis.outcome == "failed"
    assert [match.entry for match in found.diagnosis.matches][:1] == ["script-nonzero-exit"]
    assert found.diagnosis.line_count >= content.count(b"\n")
    assert progress == [(min(n * (64 << 10), len(content)), len(content)) for n in range(1, len(progress) + 1)]
    assert progress[-1][0] == len(content)
    assert threads == {True}


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_whole_log_that_changes_meanwhile(
    azure: FakeAzure, credential: FakeCredential, monkeypatch: pytest.MonkeyPatch, replaced: bool
) -> None:
    monkeypatch.setattr(log_stream, "CHUNK_BYTES", 64 << 10)
    content = log_of(9_000)
    place(azure, content)
    other = content.replace(b"[", b"{") if replaced else content + b"more\n" * 100_000
    Change(azure, [FakeBlob.of(other, '"new"')], 5)
    reader = build_reader(azure, credential)
    progress: list[int] = []
    found = await reader.diagnose_log(
        PERSON, await status_of(reader, azure), "en", lambda read, _: progress.append(read)
    )
    assert found.size == len(other if replaced else content)
    assert progress[-1] == found.size
    assert (sorted(progress) != progress) is replaced


async def test_a_whole_log_is_refused_in_the_middle(
    azure: FakeAzure, credential: FakeCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_stream, "CHUNK_BYTES", 64 << 10)
    place(azure, log_of(9_000))
    azure.answers["GET /blobs/"] = [None, None, None, storage_error(403, "AuthorizationFailure")]
    reader = build_reader(azure, credential)
    with pytest.raises(AzureRefusedError) as caught:
        await reader.diagnose_log(PERSON, await status_of(reader, azure), "en", lambda *_: None)
    assert caught.value.refusal.reason == "firewall"


async def test_a_canceled_lookup_stops_reading(
    azure: FakeAzure, credential: FakeCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A canceled lookup stops its reader: no thread continues, and nothing more is fetched."""
    monkeypatch.setattr(log_stream, "CHUNK_BYTES", 64 << 10)
    place(azure, log_of(9_000))
    azure.answers["GET /blobs/"] = [None, None, "hang"]
    reader = build_reader(azure, credential)
    status = await status_of(reader, azure)
    begun = asyncio.Event()
    task = asyncio.create_task(reader.diagnose_log(PERSON, status, "en", lambda *_: begun.set()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    hits = len(azure.hits)
    azure.ended.set()
    # the pool's threads must be free again: else this would wait for them
    await asyncio.wait_for(asyncio.get_running_loop().shutdown_default_executor(), 10)
    assert len(azure.hits) <= hits + 1


async def test_no_more_than_two_parts_wait_for_the_reader(
    azure: FakeAzure, credential: FakeCredential, clients: ManagementClients
) -> None:
    """However large the log is and however slow its reader: memory does not grow with either."""
    place(azure, FakeBlob(1 << 30, lambda start, end: b"x" * (end - start)))
    blob = LogBlob(
        clients.get_log_container(f"{azure.url}/blobs/{ACCOUNT}").get_blob_client(KEY.split("/", 1)[1]), KEY, ""
    )
    await blob.open()
    pulled = PrefetchingReader(log_stream.LogChunkReader(blob, Deadline(8), lambda *_: None).fetch)
    for read in range(1, 4):
        part = await asyncio.to_thread(pulled.read, log_stream.CHUNK_BYTES)
        assert len(part) == log_stream.CHUNK_BYTES
        assert blob_reads(azure) <= 1 + read + 1
    await pulled.end()
    with pytest.raises(OSError, match="no longer needed"):
        await asyncio.to_thread(pulled.read, 2 * log_stream.CHUNK_BYTES)
