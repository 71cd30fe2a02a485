"""Finds the logs in one file, which may be a text, gzip, or a zip archive, and diagnoses each as a stream."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from typing import Protocol
from zipfile import ZipFile, ZipInfo

from bot.files import archives
from bot.files.limits import FileLimits
from bot.files.template_sample import SampledReader
from bot.files.unpacking import CHUNK_BYTES, SAMPLE_BYTES, CountingReader, GzipReader, check_growth, is_text
from dialogs.model.errors import FileRefusedError
from dialogs.model.files import AttachedLog, AttachmentContents, FileRefusal
from knowledge.model.diagnosis import Diagnosis
from knowledge.model.entry import Language
from knowledge.text.streaming import ByteReader

GZIP_SIGNATURE = b"\x1f\x8b"
_CONFIDENCE_RANKS = ("possible", "likely", "certain")

ProgressCallback = Callable[[int, int], None]


class StreamDiagnoser(Protocol):
    """A function that diagnoses a log of any size in bounded memory. It is called in a worker thread."""

    def __call__(self, stream: ByteReader, language: Language, file: str) -> Diagnosis:
        """Diagnose the log in `stream`. `file` is the name that the diagnosis mentions."""
        ...


class FileSource(ByteReader, Protocol):
    """The stream of a file's bytes, which another thread can abandon."""

    is_abandoned: bool
    """Whether the file is no longer needed, so reading should stop."""


class LogFileReader:
    """Reads one file, in a worker thread. `total_bytes` is the size of the file, 0 if unknown."""

    def __init__(
        self,
        diagnose: StreamDiagnoser,
        limits: FileLimits,
        language: Language,
        source: FileSource,
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
        """Diagnose every log in the file.

        Raises:
            FileRefusedError: the file is damaged or exceeds a limit, or holds no log.
        """
        signature = self._file.peek(4)
        if not signature:
            raise FileRefusedError(FileRefusal("empty"))
        if signature.startswith(archives.ZIP_SIGNATURES):
            return self._read_archive()
        is_gzip = signature.startswith(GZIP_SIGNATURE)
        sampled = SampledReader(GzipReader(self._file, self._limits) if is_gzip else self._file)
        stream = CountingReader(sampled)
        log = self._read_log(stream, "")
        if log is None:
            raise FileRefusedError(FileRefusal("not-text" if stream.size else "empty"))
        return AttachmentContents(self._received_bytes, (log,), template_text=sampled.find_template())

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
