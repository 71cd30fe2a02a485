"""Attached files over TLS from a fake OneDrive: plain and compressed logs, and anything else."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import random
import struct
import tempfile
import tracemalloc
import zipfile
import zlib
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from bot.files.archives import open_archive
from bot.files.attachment_reader import TeamsAttachmentReader
from bot.files.download import FileDownloader
from bot.files.limits import FileLimits
from bot.files.public_resolver import PublicResolver
from dialogs.model.errors import FileRefusedError
from dialogs.model.files import AttachedFile, AttachmentContents, FileRefusalReason
from tests.bot.files.drive import HOST, LINK, SECRET, Drive, gzipped, serving, zipped
from tests.build_logs import begun, powershell, script_failed, succeeded
from tests.shipped_knowledge import DIAGNOSER

FAILED = script_failed(powershell(begun(), ["Contoso install failed"], code=1), 1).text().encode()
GOOD = succeeded(powershell(begun(), ["fine"])).text().encode()
ENTRY = "script-nonzero-exit"
SMALL = FileLimits(
    max_download_bytes=3_000_000, max_unpacked_bytes=20_000_000, min_ratio_check_bytes=1_000_000, max_texts=3
)
HASTY = replace(FileLimits(), part_seconds=0.2, idle_seconds=0.2, total_seconds=0.4)


def limited(limits: FileLimits) -> Any:
    return pytest.mark.parametrize("files", [limits], indirect=True, ids=[""])


async def read(files: TeamsAttachmentReader, name: str = "customization.log", link: str = LINK) -> AttachmentContents:
    return await files.read(AttachedFile(name, link), "en", lambda done, total: None)


async def refusal(files: TeamsAttachmentReader, name: str = "customization.log", link: str = LINK) -> FileRefusalReason:
    with pytest.raises(FileRefusedError) as raised:
        await read(files, name, link)
    assert SECRET not in repr(raised.value)
    assert SECRET not in str(raised.value)
    return raised.value.refusal.reason


def found(reading: AttachmentContents) -> list[tuple[str, list[str]]]:
    return [(log.name, [match.entry for match in log.diagnosis.matches[:1]]) for log in reading.logs]


# what is read


@pytest.mark.parametrize(
    "content",
    [FAILED, gzipped(FAILED), gzipped(FAILED[:99]) + gzipped(FAILED[99:]), gzipped(FAILED) + b"\0" * 512,
     FAILED.decode().encode("utf-16"), FAILED.replace(b"\n", b"\r\n")],
    ids=["plain", "gzip", "gzip in two", "gzip with padding", "UTF-16", "Windows"],
)  # fmt: skip
async def test_a_log_is_diagnosed(drive: Drive, files: TeamsAttachmentReader, content: bytes) -> None:
    drive.content = content
    reading = await read(files)
    assert found(reading) == [("", [ENTRY])]
    assert (reading.size, reading.text_count, reading.unread_count) == (len(content), 1, 0)
    [(path, headers)] = drive.seen
    assert path.endswith(f"tempauth={SECRET}"), "as it was given"
    assert not {"Authorization", "Cookie"} & set(headers)
    assert headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
async def test_a_log_in_an_archive_is_diagnosed(drive: Drive, files: TeamsAttachmentReader, how: int) -> None:
    drive.content = zipped({"packerlogs/": b"", "packerlogs/abc/customization.log": FAILED, "a/photo.png": b"x"}, how)
    reading = await read(files, "logs.zip")
    assert found(reading) == [("packerlogs/abc/customization.log", [ENTRY])]
    assert (reading.size, reading.text_count, reading.unread_count) == (len(drive.content), 1, 0)
    assert reading.logs[0].size == len(FAILED)


@limited(SMALL)
async def test_of_many_texts_the_most_promising_are_read(drive: Drive, files: TeamsAttachmentReader) -> None:
    """By name and size; and those that are read come in the order of what they say."""
    drive.content = zipped(
        {
            "big.txt": b"nothing\n" * 9000, "small.txt": FAILED, "__MACOSX/._customization.log": b"\0\0",
            "job.log": FAILED, "a/Customization.LOG": GOOD, "README": b"hi", "b/customization.log.1": GOOD[:2000],
        }
    )  # fmt: skip
    reading = await read(files, "logs.zip")
    assert [name for name, _ in found(reading)] == ["a/Customization.LOG", "job.log", "b/customization.log.1"]
    assert (reading.text_count, reading.unread_count) == (3, 3)


async def test_what_is_damaged_in_an_archive_does_not_hide_the_rest(drive: Drive, files: TeamsAttachmentReader) -> None:
    raw = zipped({"a.log": b"first text, long enough to be found" * 9, "b.log": FAILED}, zipfile.ZIP_STORED)
    drive.content = raw.replace(b"first text", b"wrong text", 1)
    assert found(await read(files, "x.zip")) == [("b.log", [ENTRY])]


async def test_progress_goes_by_bytes_and_ends_at_the_end(drive: Drive, files: TeamsAttachmentReader) -> None:
    noise = random.Random(7).randbytes(3_000_000).hex().encode()
    for content in (noise, gzipped(noise), zipped({"a.log": noise})):
        drive.content = content
        told: list[tuple[int, int]] = []
        await files.read(AttachedFile("a", LINK), "en", lambda done, total, told=told: told.append((done, total)))  # type: ignore[misc]
        parts = [done / total for done, total in told]
        assert parts == sorted(parts)
        assert parts[0] < 0.2
        assert parts[-1] == 1
        assert all(0 < part <= 1 for part in parts)


async def test_a_file_without_a_size_is_read_too(drive: Drive, files: TeamsAttachmentReader) -> None:
    async def give(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        await response.prepare(request)
        for at in range(0, len(FAILED), 700):
            await response.write(FAILED[at : at + 700])
        return response

    drive.give = give
    assert found(await read(files)) == [("", [ENTRY])]


async def test_several_at_a_time_do_not_get_in_each_others_way(drive: Drive, files: TeamsAttachmentReader) -> None:
    drive.content = gzipped(FAILED)
    readings = await asyncio.gather(*(read(files) for _ in range(12)))
    assert all(found(one) == [("", [ENTRY])] for one in readings)


# what is not


NO_LOGS = {
    "nothing": (b"", "empty"),
    "nothing packed": (gzipped(b""), "empty"),
    "an empty archive": (zipped({}), "no-log"),
    "empty texts": (zipped({"a.log": b"", "b.txt": b""}), "empty"),
    "pictures only": (zipped({"a.png": b"x", "b.docx": b"y", "c.zip": zipped({"customization.log": FAILED})}), "no-log"),
    "a text that is none": (zipped({"customization.log": bytes(range(256)) * 40}), "no-log"),
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not-text"),
    "a document": (b"%PDF-1.7\nall of it text", "not-text"),
    "a program": (b"MZ\x90\0" + b"\0" * 500, "not-text"),
    "an event log": (b"ElfFile" + b"\0" * 100, "not-text"),
    "a gzip of an archive": (gzipped(zipped({"customization.log": FAILED})), "not-text"),
    "a gzip that is cut": (gzipped(FAILED)[:-9], "damaged"),
    "a gzip of which little is left": (gzipped(FAILED)[:11], "damaged"),
    "a gzip that was changed": (gzipped(FAILED)[:40] + b"\xff\xff\xff" + gzipped(FAILED)[43:], "damaged"),
    "a gzip whose sum is wrong": (gzipped(FAILED)[:-8] + b"\0" * 8, "damaged"),
    "an archive that is cut": (zipped({"customization.log": FAILED})[:-30], "damaged"),
    "the beginning of an archive": (b"PK\x03\x04", "damaged"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "reason"), NO_LOGS.values(), ids=NO_LOGS.keys())
async def test_what_is_no_log_is_told_by_what_it_is(
    drive: Drive, files: TeamsAttachmentReader, content: bytes, reason: FileRefusalReason
) -> None:
    drive.content = content
    assert await refusal(files) == reason


def _rewritten(raw: bytes, central: int, at: int, value: bytes) -> bytes:
    """The archive with a field of its first central record and of its first local one overwritten."""
    where = raw.index(b"PK\x01\x02")
    raw = raw[: where + central] + value + raw[where + central + len(value) :]
    return raw[:at] + value + raw[at + len(value) :] if at else raw


async def test_an_archive_with_a_password_is_told_from_a_damaged_one(
    drive: Drive, files: TeamsAttachmentReader
) -> None:
    drive.content = _rewritten(zipped({"customization.log": FAILED}), 8, 6, b"\x01\x00")
    assert await refusal(files, "a.zip") == "encrypted"


async def test_what_is_packed_in_a_way_without_bounds_is_not_unpacked(
    drive: Drive, files: TeamsAttachmentReader
) -> None:
    for how in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        drive.content = zipped({"customization.log": b"a" * 5_000_000}, how)
        assert await refusal(files, "a.zip") == "not-text"


@pytest.mark.parametrize(
    "name", ["../../../../tmp/evil.log", "/etc/cron.d/evil.log", "C:\\Windows\\evil.log", "a\nb.log", "\u202egol.log"]
)
async def test_a_name_in_an_archive_is_never_used_for_writing(
    drive: Drive, files: TeamsAttachmentReader, name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    drive.content = zipped({name: FAILED})
    assert [entry for _, entry in found(await read(files, "a.zip"))] == [[ENTRY]]
    assert list(tmp_path.iterdir()) == []


# what was made to do harm


@limited(SMALL)
async def test_an_endless_stream_is_not_read_to_its_end(drive: Drive, files: TeamsAttachmentReader) -> None:
    zeros = b" " * 15_000_000
    for content in (gzipped(zeros), zipped({"customization.log": zeros})):
        drive.content = content
        assert await refusal(files) == "bomb"


@limited(replace(SMALL, max_unpack_ratio=10_000))
async def test_what_is_too_large_unpacked_is_told_so(drive: Drive, files: TeamsAttachmentReader) -> None:
    large = b" " * 21_000_000
    for content in (gzipped(large), zipped({"customization.log": large})):
        drive.content = content
        with pytest.raises(FileRefusedError) as raised:
            await read(files)
        assert (raised.value.refusal.reason, raised.value.refusal.max_bytes) == ("too-large", SMALL.max_unpacked_bytes)
    drive.content = zipped({"customization.log": large, "small.log": FAILED})
    reading = await read(files)
    assert found(reading) == [("small.log", [ENTRY])]
    assert reading.unread_count == 1


@limited(replace(SMALL, max_texts=9, max_unpacked_bytes=1_000_000))
async def test_many_texts_are_together_no_larger_than_one_may_be(drive: Drive, files: TeamsAttachmentReader) -> None:
    drive.content = zipped({f"{number}.log": b"line of %d\n" % number * 40_000 for number in range(4)})
    reading = await read(files)
    assert (reading.text_count, reading.unread_count) == (2, 2)


async def test_an_archive_that_lies_about_its_sizes_is_not_believed(drive: Drive, files: TeamsAttachmentReader) -> None:
    raw = zipped({"customization.log": FAILED})
    # the size unpacked, in the table of contents only: more, and less
    drive.content = _rewritten(raw, 24, 0, struct.pack("<I", 900_000_000))
    assert await refusal(files) in ("bomb", "damaged")
    drive.content = _rewritten(raw, 24, 0, struct.pack("<I", 10))
    assert await refusal(files) == "damaged"


async def test_an_archive_of_very_many_members_is_not_opened(drive: Drive, files: TeamsAttachmentReader) -> None:
    drive.content = zipped({f"{number}.log": b"" for number in range(FileLimits().max_archive_members + 1)})
    assert await refusal(files) == "bomb"


async def test_a_table_of_contents_is_not_read_into_memory_at_any_size(
    drive: Drive, files: TeamsAttachmentReader
) -> None:
    """Each record becomes an object of a thousand bytes: it has to be refused before that."""
    table = (b"PK\x01\x02" + b"\0" * 42) * 400_000
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 65_535, 65_535, len(table), 30, 0)
    drive.content = b"PK\x03\x04" + b"\0" * 26 + table + end
    assert await refusal(files) == "bomb"
    archive = io.BytesIO(drive.content)
    tracemalloc.start()
    try:
        with pytest.raises(FileRefusedError), open_archive(archive, FileLimits()):
            pass
        assert tracemalloc.get_traced_memory()[1] < 3 * FileLimits().max_directory_bytes
    finally:
        tracemalloc.stop()


async def test_a_gzip_of_very_many_parts_is_given_up(drive: Drive, files: TeamsAttachmentReader) -> None:
    drive.content = gzipped(b"") * 100_000
    assert await refusal(files) == "bomb"


@limited(SMALL)
async def test_a_file_that_is_too_large_is_given_up_at_once_or_on_the_way(
    drive: Drive, files: TeamsAttachmentReader
) -> None:
    drive.content = b"a line\n" * 500_000
    assert await refusal(files) == "too-large"
    hung_up = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while not drive.stop.is_set():
                await response.write(b"a line\n" * 10_000)
                await asyncio.sleep(0)  # the loop is to hear that the other side hung up
        hung_up.set()
        return response

    drive.give = endless
    assert await refusal(files) == "too-large"
    async with asyncio.timeout(60):
        await hung_up.wait()


# where it is


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_link_that_is_no_longer_good(drive: Drive, files: TeamsAttachmentReader, status: int) -> None:
    drive.status = status
    assert await refusal(files) == "expired"


@pytest.mark.parametrize("status", [204, 206, 400, 416, 429, 500, 502, 503])
async def test_an_answer_without_a_file(drive: Drive, files: TeamsAttachmentReader, status: int) -> None:
    drive.status = status
    assert await refusal(files) == ("empty" if status == 204 else "no-network")


async def test_a_page_in_the_place_of_the_file(drive: Drive, files: TeamsAttachmentReader) -> None:
    drive.content, drive.headers = b"<html>Sign in", {"Content-Type": "text/html; charset=utf-8"}
    assert await refusal(files) == "page"
    drive.content = FAILED
    assert found(await read(files, "log.html")) == [("", [ENTRY])]


@pytest.mark.parametrize(
    "link",
    ["", "nonsense", "http://contoso-my.sharepoint.com/x", "https://evil.example/x", "https://127.0.0.1/x",
     "https://contoso-my.sharepoint.com.evil.example/x", "https://ada@contoso-my.sharepoint.com/x",
     "https://contoso-my.sharepoint.com:8443/x", "file:///etc/passwd", "https://169.254.169.254/metadata"],
)  # fmt: skip
async def test_a_file_at_any_other_address_is_not_requested(
    drive: Drive, files: TeamsAttachmentReader, link: str
) -> None:
    assert await refusal(files, link=link) == "wrong-place"
    assert drive.seen == []
    assert drive.asked == []


def redirecting(drive: Drive, *places: str, status: int = 302) -> None:
    """Let the drive send on from one place to the next, and give the log at the last."""
    left = list(places)

    async def give(request: web.Request) -> web.StreamResponse:
        if left:
            return web.Response(status=status, headers={"Location": left.pop(0)})
        return web.Response(body=FAILED)

    drive.give = give


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_within_the_drives_is_followed(
    drive: Drive, files: TeamsAttachmentReader, status: int
) -> None:
    redirecting(drive, "/elsewhere?a=b", "https://other-my.sharepoint.com/there", status=status)
    assert found(await read(files)) == [("", [ENTRY])]
    assert [path for path, _ in drive.seen][1:] == ["/elsewhere?a=b", "/there"]
    assert set(drive.asked) == {HOST, "other-my.sharepoint.com"}


@pytest.mark.parametrize(
    "place",
    ["https://login.microsoftonline.com/common", "http://contoso-my.sharepoint.com/x", "https://evil.example/",
     "//evil.example/x", "https://[::1]/", "https://contoso-my.sharepoint.com:444/", "http://[", "file:///etc"],
)  # fmt: skip
async def test_a_redirect_to_any_other_place_is_not(drive: Drive, files: TeamsAttachmentReader, place: str) -> None:
    redirecting(drive, place)
    assert await refusal(files) == "page"
    assert len(drive.seen) == 1
    assert drive.asked == [HOST]


async def test_redirects_without_end_are_given_up(drive: Drive, files: TeamsAttachmentReader) -> None:
    redirecting(drive, "/1", "/2", "/3", "/4")
    assert await refusal(files) == "no-network"
    assert len(drive.seen) == 3


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.4", "169.254.169.254", "::ffff:192.168.1.1"])
async def test_a_name_that_resolves_to_a_private_network_is_not_followed(drive: Drive, address: str) -> None:
    drive.address = address
    reader = TeamsAttachmentReader(
        DIAGNOSER.diagnose_stream, FileDownloader(FileLimits(), drive.tls, PublicResolver(drive)), FileLimits()
    )
    assert await refusal(reader) == "wrong-place"
    await reader.close()
    assert drive.asked == [HOST]
    assert drive.seen == []


async def test_a_drive_that_is_not_who_it_says_is_not_asked(drive: Drive, files: TeamsAttachmentReader) -> None:
    assert await refusal(files, link="https://third.sharepoint.com/x") == "no-network"
    assert drive.seen == []


async def test_nobody_listens(drive: Drive, files: TeamsAttachmentReader) -> None:
    drive.port = 9
    assert await refusal(files) == "no-network"


# servers that take their time


async def _drip(request: web.Request, stop: asyncio.Event) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        while not stop.is_set():
            await response.write(b"a")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 0.02)
    return response


@limited(HASTY)
async def test_a_server_that_drips_hangs_or_never_answers_is_given_up(
    drive: Drive, files: TeamsAttachmentReader
) -> None:
    async def hang(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"a line\n")
        await drive.stop.wait()
        return response

    async def silent(request: web.Request) -> web.StreamResponse:
        await drive.stop.wait()
        return web.Response()

    for give in (lambda request: _drip(request, drive.stop), hang, silent):
        drive.give = give
        assert await refusal(files) == "too-slow"


async def test_a_connection_that_breaks_is_no_end_of_the_file(drive: Drive, files: TeamsAttachmentReader) -> None:
    async def give(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(FAILED) + 1000)})
        await response.prepare(request)
        await response.write(FAILED)
        assert request.transport
        request.transport.close()
        return response

    drive.give = give
    assert await refusal(files) == "no-network"


async def test_a_reading_that_is_broken_off_leaves_its_thread_free(drive: Drive) -> None:
    begun = asyncio.Event()

    async def hang(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        await response.prepare(request)
        await response.write(FAILED * 40)
        begun.set()
        await drive.stop.wait()
        return response

    one = replace(FileLimits(), max_concurrent_files=1)
    reader = TeamsAttachmentReader(DIAGNOSER.diagnose_stream, FileDownloader(one, drive.tls, drive), one)
    for _ in range(3):
        drive.give = hang
        begun.clear()
        broken_off = asyncio.create_task(read(reader))
        await begun.wait()
        broken_off.cancel()
        with pytest.raises(asyncio.CancelledError):
            await broken_off
    drive.give, drive.content = None, FAILED
    assert found(await read(reader)) == [("", [ENTRY])]
    await reader.close()


# secrets, memory, anything


async def test_neither_the_link_nor_the_name_is_logged(
    drive: Drive, files: TeamsAttachmentReader, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    drive.content = FAILED
    await read(files)
    for status in (302, 401, 500):
        drive.status = status
        drive.headers = {"Location": f"https://evil.example/?{SECRET}"}
        await refusal(files, "secret-name.log")
    await refusal(files, "secret-name.log", f"https://evil.example/?{SECRET}")
    ours = [record for record in caplog.records if record.name.startswith(("bot", "dialogs"))]
    assert [record.getMessage() for record in ours] == [
        f"An attached file was not read: {reason}" for reason in ("page", "expired", "no-network", "wrong-place")
    ]
    assert SECRET not in caplog.text.replace(f"tempauth={SECRET} HTTP/1.1", "")  # the access log of the drive itself


@pytest.mark.property
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
async def test_memory_does_not_grow_with_the_file(drive: Drive, files: TeamsAttachmentReader, packed: bool) -> None:
    """A file three times as large needs no more memory, because what was read is freed."""
    line = b"[0f1e2d3c] PACKER OUT     azure-arm: installing package %09d of very many, and nothing is wrong\n"
    block = b"".join(line % number for number in range(10_000))
    times = 0

    async def give(request: web.Request) -> web.StreamResponse:
        pack = zlib.compressobj(1, wbits=31)
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        await response.prepare(request)
        for _ in range(times):
            await response.write((pack.compress(block) or b"") if packed else block)
        await response.write(pack.flush() if packed else b"")
        return response

    drive.give = give
    peaks = []
    for times in (30, 90):
        tracemalloc.start()
        try:
            reading = await read(files)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert reading.logs[0].size == times * len(block)
    assert peaks[1] < 1.3 * peaks[0]
    assert peaks[1] < 60_000_000


@pytest.fixture(scope="module")
def hostile() -> list[bytes]:
    """Archives to break."""
    return [zipped({"customization.log": FAILED, "b/c.txt": GOOD[:3000]}), gzipped(FAILED), FAILED[:5000]]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=some.integers(0, 2), edits=some.lists(some.tuples(some.floats(0, 1), some.binary(max_size=6)), max_size=8))
def test_whatever_comes_there_is_an_answer(hostile: list[bytes], which: int, edits: list[tuple[float, bytes]]) -> None:
    """A file broken in any way is read, or refused in words: nothing else is raised."""
    content = bytearray(hostile[which])
    for at, put in edits:
        where = int(at * len(content))
        content[where : where + len(put)] = put

    async def one() -> None:
        async with serving(Drive(bytes(content))) as drive:
            reader = TeamsAttachmentReader(DIAGNOSER.diagnose_stream, FileDownloader(SMALL, drive.tls, drive), SMALL)
            try:
                assert (await read(reader)).logs
            except FileRefusedError:
                pass
            finally:
                await reader.close()

    asyncio.run(one())


def test_the_archive_module_asks_for_no_more_than_it_is_given() -> None:
    """The bound on a single read is what keeps a table of contents out of memory: a good archive must not meet it."""
    names = {f"{'a-rather-long-folder-name/' * 4}{number}.log": b"" for number in range(2000)}
    with open_archive(io.BytesIO(zipped(names)), FileLimits()) as archive:
        assert len(archive.infolist()) == 2000
