"""The conversation's port for files: fetches one, finds the logs in it, and has each diagnosed as a stream."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Protocol

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
    """Diagnoses a log of any size in bounded memory; called in a thread of its own."""

    def __call__(self, stream: ByteReader, language: Language, file: str) -> Diagnosis:
        """The diagnosis of the log in `stream`."""
        ...


class TeamsAttachmentReader:
    """Reads files that `downloads` fetches. Its threads are its own: a server that hangs keeps nobody else waiting."""

    def __init__(self, diagnose: StreamDiagnoser, downloader: FileDownloader, limits: FileLimits) -> None:
        self._diagnose, self._downloader, self._limits = diagnose, downloader, limits
        self._threads = ThreadPoolExecutor(limits.max_concurrent_files, "attached-file")
        self._slots = asyncio.Semaphore(limits.max_concurrent_files)

    async def read(self, file: AttachedFile, language: Language, progress: ProgressCallback) -> AttachmentContents:
        """The logs in `file`. Raises `FileRefused`."""
        page = file.name.casefold().endswith((".htm", ".html"))
        try:
            async with (
                self._slots,
                asyncio.timeout(self._limits.total_seconds),
                self._downloader.open(file.reference, page) as body,
            ):
                pulled = PrefetchingReader(body.fetch)
                reading = _LogReader(self._diagnose, self._limits, language, pulled, progress, body.size)
                try:
                    return await asyncio.get_running_loop().run_in_executor(self._threads, reading.read_all)
                finally:
                    await pulled.end()
        except TimeoutError:
            raise self._build_refused_error(FileRefusal("too-slow")) from None
        except FileRefusedError as refused:
            raise self._build_refused_error(refused.refusal) from None

    async def close(self) -> None:
        """Let go of threads and connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        await self._downloader.close()

    def _build_refused_error(self, refusal: FileRefusal) -> FileRefusedError:
        # neither its name nor its place: the one is a person's, and who has the other can read the file
        _log.info("An attached file was not read: %s", refusal.reason)
        return FileRefusedError(refusal)


class _LogReader:
    """One file, read in a thread."""

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
        start = self._file.peek(4)
        if not start:
            raise FileRefusedError(FileRefusal("empty"))
        if start.startswith(archives.ZIP_SIGNATURES):
            return self._read_archive()
        stream = (
            CountingReader(GzipReader(self._file, self._limits)) if start.startswith(_GZIP_SIGNATURE) else self._file
        )
        log = self._read_log(stream, "")
        if log is None:
            raise FileRefusedError(FileRefusal("not-text" if stream.size else "empty"))
        return AttachmentContents(self._received_bytes, (log,))

    def _read_archive(self) -> AttachmentContents:
        """The texts of an archive, which can only be read from its end: it is put aside first, unnamed."""
        self._is_archive = True
        with tempfile.TemporaryFile() as aside:
            while part := self._file.read(CHUNK_BYTES):
                aside.write(part)
            with archives.open_archive(aside, self._limits) as archive:
                texts = archives.find_texts(archive, self._limits)
                chosen = texts[: self._limits.max_texts]
                wanted = sum(one.file_size for one in chosen)
                logs: list[AttachedLog] = []
                trouble: FileRefusedError | None = None
                for one in chosen:
                    if self._unpacked_bytes + one.file_size > self._limits.max_unpacked_bytes:
                        trouble = FileRefusedError(FileRefusal("too-large", self._limits.max_unpacked_bytes))
                        continue
                    try:
                        with closing(archives.ArchiveMember(archive, one)) as member:
                            log = self._read_log(
                                CountingReader(member, lambda count: self._count_unpacked(count, wanted)), one.filename
                            )
                    except FileRefusedError as refused:
                        if refused.refusal.reason != "damaged":
                            raise
                        trouble, log = refused, None
                    if log:
                        logs.append(log)
        if not logs:
            raise trouble or FileRefusedError(FileRefusal("no-log"))
        best = sorted(logs, key=_rank_log)
        return AttachmentContents(self._received_bytes, tuple(best), len(logs), len(texts) - len(logs))

    def _read_log(self, stream: CountingReader, name: str) -> AttachedLog | None:
        """One log, diagnosed; None for what is not a text."""
        start = stream.peek(SAMPLE_BYTES)
        if not start or not is_text(start):
            return None
        diagnosis = self._diagnose(stream, self._language, name or "-")
        return AttachedLog(name, stream.size, diagnosis)

    def _count_received(self, count: int) -> None:
        self._received_bytes += count
        if self._total_bytes:
            # of an archive, reading what is in it is the other half
            self._report_progress(
                self._received_bytes, self._total_bytes * 2 if self._is_archive else self._total_bytes
            )

    def _count_unpacked(self, count: int, expected_bytes: int) -> None:
        if self._source.is_abandoned:
            raise OSError("Nobody waits for this any more.")
        self._unpacked_bytes += count
        check_growth(self._received_bytes, self._unpacked_bytes, self._limits)
        self._report_progress(expected_bytes + self._unpacked_bytes, 2 * expected_bytes)

    def _report_progress(self, done: int, total: int) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._progress(done, total)


def _rank_log(log: AttachedLog) -> tuple[bool, int]:
    """The log of the build first, then by how sure it is that something is known of it."""
    top = next((match for match in log.diagnosis.matches if match.severity != "info"), None)
    return not archives.is_build_log(log.name), -_CONFIDENCE_RANKS.index(top.confidence) - 1 if top else 0
