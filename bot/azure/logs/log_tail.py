"""The end of a build log, read backwards until the provisioner that failed has its beginning in it."""

from __future__ import annotations

import asyncio

from bot.azure.logs.log_blob import LogBlob
from knowledge.build_log.build import read_story
from knowledge.text.decoding import decode, encoding_of
from knowledge.text.lines import read_line

MOST = 4 << 20
"""Bytes that are read at most."""
FIRST = 256 << 10
"""Bytes of the first step back; each further one doubles what was read."""

# what is printed first when a provisioner begins; what continues one begins nothing
_BEGINNINGS = (
    "Provisioning with Powershell",
    "Provisioning with shell",
    "Restarting Machine",
    "Uploading the Windows update",
    "Uploading ",
)
_HINTS = (b"Provisioning with", b"Restarting Machine", b"Uploading ", b"(telemetry) Starting provisioner")


async def read_tail(blob: LogBlob) -> tuple[str, int]:
    """The text and how many bytes were read for it. `blob` is open; raises as its `read` does."""
    # multiples of four keep wide characters whole
    floor = (max(blob.size - MOST, 0) + 3) // 4 * 4
    start, content = blob.size, b""
    step = FIRST
    while start > floor:
        begin = max(floor, (blob.size - step) // 4 * 4)
        part = await blob.read(begin, start)
        start, content = begin, part + content
        step *= 2
        if any(hint in part or _wide(hint) in part for hint in _HINTS):
            text = _text(content, cut=start > 0)
            if await asyncio.to_thread(holds_beginning, text):
                return text, len(content)
    return _text(content, cut=start > 0), len(content)


def holds_beginning(text: str) -> bool:
    """Whether the last provisioner before things went wrong has its beginning in `text`."""
    story = read_story([read_line(number, line) for number, line in enumerate(text.splitlines(), start=1)])
    if not story.runs:
        return False
    body = story.lines[story.runs[-1].begins].body
    return body.startswith(_BEGINNINGS) or "(telemetry) Starting provisioner" in body


def _text(content: bytes, cut: bool) -> str:
    """The text of `content`; `cut`: it began within a line, which is left out, since half a secret hides badly."""
    if cut and encoding_of(content[:4096]) == "utf-8":
        content = content[content.find(b"\n") + 1 :]
        return decode(content)
    text = decode(content)
    return text[text.find("\n") + 1 :] if cut else text


def _wide(hint: bytes) -> bytes:
    return hint.decode().encode("utf-16-le")
