"""Plain values for files attached to messages: the file, the logs found in it, and why it wasn't read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from dialogs.model.preflight import TemplateCheck
from dialogs.model.stored import Stored
from knowledge.model.diagnosis import Diagnosis

MAX_SIZE_BYTES = 10**13

FileRefusalReason = Literal[
    "off",  # this deployment reads no files
    "wrong-place",  # its URL isn't one where Teams stores files
    "expired",  # its link has expired, or the file was deleted
    "page",  # the URL returned an HTML page, usually a sign-in page
    "empty",  # it has no content
    "too-large",  # it, or what it unpacks to, is larger than `max_bytes`
    "bomb",  # a decompression bomb: its compression ratio is absurd
    "encrypted",  # the archive needs a password
    "no-log",  # an archive without a text file in it
    "not-text",  # neither text nor an archive format that we can open
    "damaged",  # truncated, or corrupted on the way
    "no-network",  # its server doesn't answer
    "too-slow",  # the download didn't finish in time
    "unexpected",  # anything else
]


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file attached to a message: its name, which is untrusted, and the reference to download it by.

    The reference is a secret: anyone who has it can read the file. It's kept only until the file has been read.
    """

    name: str
    reference: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AttachedLog:
    """A log that was read to its end: its name ("" if the file itself is the log), size in bytes, and diagnosis."""

    name: str
    size: Annotated[int, Stored(max_value=MAX_SIZE_BYTES)]
    diagnosis: Diagnosis


@dataclass(frozen=True, slots=True)
class AttachmentContents:
    """What a file contained: its downloaded size in bytes, and at least one log, the most promising first.

    For an archive, `text_count` counts the members that were read, and `unread_count` those that weren't. If the file
    is an image template, `template_text` is all of it, raw, until it's checked: it's never stored. `check` is what was
    found then.
    """

    size: Annotated[int, Stored(max_value=MAX_SIZE_BYTES)]
    logs: tuple[AttachedLog, ...]
    text_count: Annotated[int, Stored("texts")] = 1
    unread_count: Annotated[int, Stored("left")] = 0
    template_text: Annotated[str, Stored(omits_default=True)] = field(default="", repr=False)
    check: Annotated[TemplateCheck | None, Stored(omits_default=True)] = None
    has_open_run: Annotated[bool, Stored("run", omits_default=True)] = False


@dataclass(frozen=True, slots=True)
class FileRefusal:
    """Why a file wasn't read. `max_bytes` is the limit that it exceeds, 0 if it exceeds none."""

    reason: FileRefusalReason
    max_bytes: Annotated[int, Stored("most")] = 0
