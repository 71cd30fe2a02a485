"""The limits on the size of attached files and on the time to read them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileLimits:
    """The limits for one attached file, and how many are read at the same time.

    Attributes:
        max_download_bytes: the size of the file as it is downloaded.
        max_unpacked_bytes: the size of everything that is unpacked from it.
        max_unpack_ratio: how many times its packed size a text may have; more counts as a zip bomb.
        min_ratio_check_bytes: the unpacked size from which the ratio is checked.
        max_archive_members: the number of members of a zip archive.
        max_directory_bytes: the size of the directory of a zip archive.
        max_texts: how many members of a zip archive are read.
        max_gzip_members: the number of members of a gzip file, which may be several files in a row.
        part_bytes: how much is fetched at a time.
        part_seconds: the time to fetch such a part.
        idle_seconds: the time between two bytes from the server.
        total_seconds: the time for download, unpacking, and diagnosis.
        max_concurrent_files: how many files are read at the same time.
    """

    max_download_bytes: int = 200_000_000
    max_unpacked_bytes: int = 1_000_000_000
    max_unpack_ratio: int = 400
    min_ratio_check_bytes: int = 16 << 20
    max_archive_members: int = 2_000
    max_directory_bytes: int = 1 << 20
    max_texts: int = 40
    max_gzip_members: int = 1_000
    part_bytes: int = 1 << 20
    part_seconds: float = 60.0
    idle_seconds: float = 30.0
    total_seconds: float = 900.0
    max_concurrent_files: int = 4
