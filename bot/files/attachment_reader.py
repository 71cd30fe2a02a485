"""The port for attached files: downloads a file, finds the logs in it, and diagnoses each as a stream."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Protocol
from zipfile import ZipFile, ZipInfo

from bot.files import archives
from bot.files.download import FileDownloader
from bot.files.limits import FileLimits
from bot.files.prefetching_reader import PrefetchingReader
from bot.files.unpacking import CHUNK_BYTES, SAMPLE_BYTES, CountingReader, GzipReader, check_growth, is_text
from dialogs.model.errors import FileRefusedError
from dialogs.model.files import AttachedFile, AttachedLog, AttachmentContents, FileRefusal
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from knowledge.text.streaming import ByteReader

_CONFIDENCE_RANKS = ("possible", "likely", "certain")
_GZIP_SIGNATURE = b"\x1f\x8b"
_log = logging.getLogger(__name__)

ProgressCallback = Callable[[int, int], None]


class StreamDiagnoser(Protocol):
    """A function that diagnoses a log of any size in bounded memory. It is called in a worker thread."""

    def __call__(self, stream: ByteReader, language: Language, file: str) -> Diagnosis:
        """Diagnose the log in `stream`. `file` is the name that the diagnosis mentions."""
        ...


class TeamsAttachmentReader:
    """The `AttachmentReader` for files from Teams.

    It has its own thread pool, so that a slow file server does not block the default pool for everybody else.
    """

    def __init__(self, diagnose: StreamDiagnoser, downloader: FileDownloader, limits: FileLimits) -> None:
        self._diagnose, self._downloader, self._limits = diagnose, downloader, limits
        self._threads = ThreadPoolExecutor(limits.max_concurrent_files, "attached-file")
        self._slots = asyncio.Semaphore(limits.max_concurrent_files)

    async def read(self, file: AttachedFile, language: Language, progress: ProgressCallback) -> AttachmentContents:
        """Download `file` and diagnose the logs in it.

        Raises:
            FileRefusedError: the file cannot be downloaded or unpacked, or holds no log.
        """
        is_html_expected = file.name.casefold().endswith((".htm", ".html"))
        try:
            async with (
                self._slots,
                asyncio.timeout(self._limits.total_seconds),
                self._downloader.open(file.reference, is_html_expected) as body,
            ):
                source = PrefetchingReader(body.fetch)
                reader = _LogReader(self._diagnose, self._limits, language, source, progress, body.size)
                try:
                    return await asyncio.get_running_loop().run_in_executor(self._threads, reader.read_all)
                finally:
                    await source.end()
        except TimeoutError:
            raise self._build_refused_error(FileRefusal("too-slow")) from None
        except FileRefusedError as refused:
            raise self._build_refused_error(refused.refusal) from None

    async def close(self) -> None:
        """Stop the threads and close the connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        await self._downloader.close()

    def _build_refused_error(self, refusal: FileRefusal) -> FileRefusedError:
        # never log the name or the URL: the name is personal data, and anybody who has the URL can read the file
        _log.info("An attached file was not read: %s", refusal.reason)
        return FileRefusedError(refusal)


class _LogReader:
    """The reading of one file, in a worker thread."""

    def __init__(
        self,
        diagnose: StreamDiagnoser,
        limits: FileLimits,
        language: Language,
        source: PrefetchingReader,
        progress: ProgressCallback,
        total_bytes: int,
    ) -> None:
        self._diagnose, self._limits, self._language = diagnose, limits, language
        self._source, self._progress = source, progress
        self._total_bytes = total_bytes
        self._received_bytes = self._unpacked_bytes = 0
        self._is_archive = False
        self._file = CountingReader(source, self._count_received)

    def read_all(self) -> AttachmentContents:
        signature = self._file.peek(4)
        if not signature:
            raise FileRefusedError(FileRefusal("empty"))
        if signature.startswith(archives.ZIP_SIGNATURES):
            return self._read_archive()
        is_gzip = signature.startswith(_GZIP_SIGNATURE)
        stream = CountingReader(GzipReader(self._file, self._limits)) if is_gzip else self._file
        log = self._read_log(stream, "")
        if log is None:
            raise FileRefusedError(FileRefusal("not-text" if stream.size else "empty"))
        return AttachmentContents(self._received_bytes, (log,))

    def _read_archive(self) -> AttachmentContents:
        """Read the logs of a zip archive from a temporary file, because the directory is at the end of an archive."""
        self._is_archive = True
        with tempfile.TemporaryFile() as archive_file:
            while part := self._file.read(CHUNK_BYTES):
                archive_file.write(part)
            with archives.open_archive(archive_file, self._limits) as archive:
                texts = archives.find_texts(archive, self._limits)
                logs = self._read_members(archive, texts[: self._limits.max_texts])
        logs.sort(key=_rank_log)
        return AttachmentContents(self._received_bytes, tuple(logs), len(logs), len(texts) - len(logs))

    def _read_members(self, archive: ZipFile, members: Sequence[ZipInfo]) -> list[AttachedLog]:
        """Diagnose the members that are texts, at least one. Raises the last refusal if there is none."""
        total_bytes = sum(info.file_size for info in members)
        logs: list[AttachedLog] = []
        last_refusal: FileRefusedError | None = None
        for info in members:
            if self._unpacked_bytes + info.file_size > self._limits.max_unpacked_bytes:
                last_refusal = FileRefusedError(FileRefusal("too-large", self._limits.max_unpacked_bytes))
                continue
            try:
                with closing(archives.ArchiveMember(archive, info)) as member:
                    stream = CountingReader(member, lambda count: self._count_unpacked(count, total_bytes))
                    log = self._read_log(stream, info.filename)
            except FileRefusedError as refused:
                # one damaged member must not hide the others
                if refused.refusal.reason != "damaged":
                    raise
                last_refusal, log = refused, None
            if log:
                logs.append(log)
        if not logs:
            raise last_refusal or FileRefusedError(FileRefusal("no-log"))
        return logs

    def _read_log(self, stream: CountingReader, name: str) -> AttachedLog | None:
        """Diagnose one log. Return None if it is not a text."""
        sample = stream.peek(SAMPLE_BYTES)
        if not sample or not is_text(sample):
            return None
        diagnosis = self._diagnose(stream, self._language, name or "-")
        return AttachedLog(name, stream.size, diagnosis)

    def _count_received(self, count: int) -> None:
        self._received_bytes += count
        if self._total_bytes:
            # for an archive, the download is the first half of the progress and unpacking the second
            total = self._total_bytes * 2 if self._is_archive else self._total_bytes
            self._report_progress(self._received_bytes, total)

    def _count_unpacked(self, count: int, expected_bytes: int) -> None:
        if self._source.is_abandoned:
            raise OSError("The file is no longer needed.")
        self._unpacked_bytes += count
        check_growth(self._received_bytes, self._unpacked_bytes, self._limits)
        self._report_progress(expected_bytes + self._unpacked_bytes, 2 * expected_bytes)

    def _report_progress(self, done: int, total: int) -> None:
        with suppress(RuntimeError):  # the event loop is closed
            self._progress(done, total)


def _rank_log(log: AttachedLog) -> tuple[bool, int]:
    """Return a sort key: the log of the build first, then the log with the most confident match."""
    top = next((match for match in log.diagnosis.matches if match.severity != "info"), None)
    return not archives.is_build_log(log.name), -_CONFIDENCE_RANKS.index(top.confidence) - 1 if top else 0
