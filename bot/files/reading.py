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
from bot.files.download import Downloads
from bot.files.limits import Limits
from bot.files.prefetching_reader import Pulled
from bot.files.unpacking import CHUNK, SAMPLE, Counted, Gunzipped, check_growth, is_text
from dialogs.model.errors import FileRefused
from dialogs.model.files import AttachedFile, FileRead, FileRefusal, LogInFile
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from knowledge.text.streaming import Readable

_RANKS = ("possible", "likely", "certain")
_GZIP = b"\x1f\x8b"
_log = logging.getLogger(__name__)

Note = Callable[[int, int], None]


class StreamDiagnoser(Protocol):
    """Diagnoses a log of any size in bounded memory; called in a thread of its own."""

    def __call__(self, stream: Readable, language: Language, file: str) -> Diagnosis:
        """The diagnosis of the log in `stream`."""
        ...


class AttachedFiles:
    """Reads files that `downloads` fetches. Its threads are its own: a server that hangs keeps nobody else waiting."""

    def __init__(self, diagnose: StreamDiagnoser, downloads: Downloads, limits: Limits) -> None:
        self._diagnose, self._downloads, self._limits = diagnose, downloads, limits
        self._threads = ThreadPoolExecutor(limits.at_once, "attached-file")
        self._free = asyncio.Semaphore(limits.at_once)

    async def read(self, file: AttachedFile, language: Language, progress: Note) -> FileRead:
        """The logs in `file`. Raises `FileRefused`."""
        page = file.name.casefold().endswith((".htm", ".html"))
        try:
            async with (
                self._free,
                asyncio.timeout(self._limits.seconds),
                self._downloads.open(file.reference, page) as body,
            ):
                pulled = Pulled(body.fetch)
                reading = _Reading(self._diagnose, self._limits, language, pulled, progress, body.size)
                try:
                    return await asyncio.get_running_loop().run_in_executor(self._threads, reading.all)
                finally:
                    await pulled.end()
        except TimeoutError:
            raise self._refused(FileRefusal("too-slow")) from None
        except FileRefused as refused:
            raise self._refused(refused.refusal) from None

    async def close(self) -> None:
        """Let go of threads and connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        await self._downloads.close()

    def _refused(self, refusal: FileRefusal) -> FileRefused:
        # neither its name nor its place: the one is a person's, and who has the other can read the file
        _log.info("An attached file was not read: %s", refusal.reason)
        return FileRefused(refusal)


class _Reading:
    """One file, read in a thread."""

    def __init__(
        self,
        diagnose: StreamDiagnoser,
        limits: Limits,
        language: Language,
        pulled: Pulled,
        progress: Note,
        size: int,
    ) -> None:
        self._diagnose, self._limits, self._language = diagnose, limits, language
        self._pulled, self._progress = pulled, progress
        self._size = size
        self._came = self._unpacked = 0
        self._archived = False
        self._file = Counted(pulled, self._note)

    def all(self) -> FileRead:
        start = self._file.peek(4)
        if not start:
            raise FileRefused(FileRefusal("empty"))
        if start.startswith(archives.MAGIC):
            return self._archive()
        stream = Counted(Gunzipped(self._file, self._limits)) if start.startswith(_GZIP) else self._file
        log = self._one(stream, "")
        if log is None:
            raise FileRefused(FileRefusal("not-text" if stream.size else "empty"))
        return FileRead(self._came, (log,))

    def _archive(self) -> FileRead:
        """The texts of an archive, which can only be read from its end: it is put aside first, unnamed."""
        self._archived = True
        with tempfile.TemporaryFile() as aside:
            while part := self._file.read(CHUNK):
                aside.write(part)
            with archives.opened(aside, self._limits) as archive:
                texts = archives.texts_in(archive, self._limits)
                chosen = texts[: self._limits.texts]
                wanted = sum(one.file_size for one in chosen)
                logs: list[LogInFile] = []
                trouble: FileRefused | None = None
                for one in chosen:
                    if self._unpacked + one.file_size > self._limits.unpacked:
                        trouble = FileRefused(FileRefusal("too-large", self._limits.unpacked))
                        continue
                    try:
                        with closing(archives.Member(archive, one)) as member:
                            log = self._one(Counted(member, lambda count: self._unpack(count, wanted)), one.filename)
                    except FileRefused as refused:
                        if refused.refusal.reason != "damaged":
                            raise
                        trouble, log = refused, None
                    if log:
                        logs.append(log)
        if not logs:
            raise trouble or FileRefused(FileRefusal("no-log"))
        best = sorted(logs, key=_promise)
        return FileRead(self._came, tuple(best), len(logs), len(texts) - len(logs))

    def _one(self, stream: Counted, name: str) -> LogInFile | None:
        """One log, diagnosed; None for what is not a text."""
        start = stream.peek(SAMPLE)
        if not start or not is_text(start):
            return None
        diagnosis = self._diagnose(stream, self._language, name or "-")
        return LogInFile(name, stream.size, diagnosis)

    def _note(self, count: int) -> None:
        self._came += count
        if self._size:
            # of an archive, reading what is in it is the other half
            self._tell(self._came, self._size * 2 if self._archived else self._size)

    def _unpack(self, count: int, wanted: int) -> None:
        if self._pulled.over:
            raise OSError("Nobody waits for this any more.")
        self._unpacked += count
        check_growth(self._came, self._unpacked, self._limits)
        self._tell(wanted + self._unpacked, 2 * wanted)

    def _tell(self, done: int, total: int) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._progress(done, total)


def _promise(log: LogInFile) -> tuple[bool, int]:
    """The log of the build first, then by how sure it is that something is known of it."""
    top = next((match for match in log.diagnosis.matches if match.severity != "info"), None)
    return not archives.is_the_log(log.name), -_RANKS.index(top.confidence) - 1 if top else 0
