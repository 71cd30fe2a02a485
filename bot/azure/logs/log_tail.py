"""The end of a build log, read backwards until the provisioner that failed has its beginning in it."""

from __future__ import annotations

import asyncio

from bot.azure.logs.log_blob import LogBlob
from knowledge.build_log.build import read_build
from knowledge.text.decoding import decode, detect_encoding
from knowledge.text.lines import read_line

MAX_TAIL_BYTES = 4 << 20
"""Bytes that are read at most."""
FIRST_STEP_BYTES = 256 << 10
"""Bytes of the first step back; each further one doubles what was read."""

# what is printed first when a provisioner begins; what continues one begins nothing
_PROVISIONER_STARTS = (
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
    floor = (max(blob.size - MAX_TAIL_BYTES, 0) + 3) // 4 * 4
    start, content = blob.size, b""
    step = FIRST_STEP_BYTES
    while start > floor:
        begin = max(floor, (blob.size - step) // 4 * 4)
        part = await blob.read(begin, start)
        start, content = begin, part + content
        step *= 2
        if any(hint in part or _encode_utf16(hint) in part for hint in _HINTS):
            text = _decode_text(content, is_truncated=start > 0)
            if await asyncio.to_thread(has_provisioner_start, text):
                return text, len(content)
    return _decode_text(content, is_truncated=start > 0), len(content)


def has_provisioner_start(text: str) -> bool:
    """Whether the last provisioner before things went wrong has its beginning in `text`."""
    story = read_build([read_line(number, line) for number, line in enumerate(text.splitlines(), start=1)])
    if not story.runs:
        return False
    body = story.lines[story.runs[-1].start_index].body
    return body.startswith(_PROVISIONER_STARTS) or "(telemetry) Starting provisioner" in body


def _decode_text(content: bytes, is_truncated: bool) -> str:
    """The text of `content`; `cut`: it began within a line, which is left out, since half a secret hides badly."""
    if is_truncated and detect_encoding(content[:4096]) == "utf-8":
        content = content[content.find(b"\n") + 1 :]
        return decode(content)
    text = decode(content)
    return text[text.find("\n") + 1 :] if is_truncated else text


def _encode_utf16(hint: bytes) -> bytes:
    return hint.decode().encode("utf-16-le")
