"""What the conversation knows of a file that came with a message: plain values, from the outside's port."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from knowledge.model.diagnosis import Diagnosis

FileRefusalReason = Literal[
    "off",  # no files are read where this bot runs
    "wrong-place",  # it does not lie where Teams keeps files
    "expired",  # its link is no longer good, or it is gone
    "page",  # a page stands where the file should be, as a rule one to sign in
    "empty",  # there is nothing in it
    "too-large",  # it, or what is packed in it, is larger than `most` bytes
    "bomb",  # it is packed so that it would grow without end
    "encrypted",  # it is packed with a password
    "no-log",  # an archive without a text in it
    "not-text",  # something else than a text or an archive that can be opened
    "damaged",  # it ends too early, or was changed on its way
    "no-network",  # the place where it lies gives no answer
    "too-slow",  # it comes too slowly
    "unexpected",  # anything else
]


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that came with a message: its name, untrusted, and what only the outside can read it by.

    The reference is a secret: whoever has it can read the file. It is kept no longer than the file waits to be read.
    """

    name: str
    reference: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AttachedLog:
    """A log, read to its end: its name ("" where the file is the log itself), its bytes, its diagnosis."""

    name: str
    size: int
    diagnosis: Diagnosis


@dataclass(frozen=True, slots=True)
class AttachmentContents:
    """What a file held: its bytes as they came, its logs, the most promising first and at least one.

    Of an archive, `texts` were read in all, and `left` were not.
    """

    size: int
    logs: tuple[AttachedLog, ...]
    text_count: int = 1
    unread_count: int = 0


@dataclass(frozen=True, slots=True)
class FileRefusal:
    """Why a file was not read. `most` is the limit in bytes that it is over, where it is over one."""

    reason: FileRefusalReason
    max_bytes: int = 0
