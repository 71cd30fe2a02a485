"""The port for files from Teams: downloads a file, and diagnoses the logs in it as streams."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from bot.files.download import FileDownloader
from bot.files.limits import FileLimits
from bot.files.log_reader import LogFileReader, ProgressCallback, StreamDiagnoser
from bot.files.prefetching_reader import PrefetchingReader
from dialogs.model.errors import FileRefusedError
from dialogs.model.files import AttachedFile, AttachmentContents, FileRefusal
from knowledge.model.entry import Language

_log = logging.getLogger(__name__)


class TeamsAttachmentReader:
    """The `AttachmentReader` for files from Teams.

    It has its own thread pool, so that a slow file server doesn't block the default pool for everyone else.
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
                reader = LogFileReader(self._diagnose, self._limits, language, source, progress, body.size)
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
        # never log the name or the URL: the name is personal data, and anyone who has the URL can read the file
        _log.info("An attached file was not read: %s", refusal.reason)
        return FileRefusedError(refusal)
