"""How much of a file is taken in, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileLimits:
    """Sizes in bytes, times in seconds.

    `delivered`: of a file as it comes; `unpacked`: of all that is read of what is packed in it. `ratio`: how many times
    its packed size a text may be, once it is larger than `unsuspicious`. `members`: what an archive may hold in all,
    `listed` the size of its table of contents; `texts`: how many of them are read. `parts`: what a gzip file may be
    strung together of. `part` is fetched at a time, in `part_seconds`; `silence`: between two bytes; `seconds`: all.
    `at_once`: files that are read at a time.
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
