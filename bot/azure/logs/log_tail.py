"""Read the end of a build log, going back until it contains the start of the failed provisioner."""

from __future__ import annotations

import asyncio

from bot.azure.logs.log_blob import LogBlob
from knowledge.build_log.build_reader import read_build
from knowledge.text.decoding import decode, detect_encoding
from knowledge.text.lines import read_line

MAX_TAIL_BYTES = 4 << 20
"""The maximum number of bytes to read."""
FIRST_STEP_BYTES = 256 << 10
"""Size of the first read; each later one doubles the total."""

# the first line that Packer prints for a provisioner; a run can also open with a line that continues one
_PROVISIONER_STARTS = (
    "Provisioning with Powershell",
    "Provisioning with shell",
    "Restarting Machine",
    "Uploading the Windows update",
    "Uploading ",
)
_HINTS = (b"Provisioning with", b"Restarting Machine", b"Uploading ", b"(telemetry) Starting provisioner")


async def read_tail(blob: LogBlob) -> tuple[str, int]:
    """Read the end of `blob`, which must be open. Raise what `LogBlob.read` raises.

    Returns:
        The text, and how many bytes were read for it.
    """
    # multiples of four don't split UTF-16 and UTF-32 characters
    floor = (max(blob.size - MAX_TAIL_BYTES, 0) + 3) // 4 * 4
    start, content = blob.size, b""
    step = FIRST_STEP_BYTES
    while start > floor:
        begin = max(floor, (blob.size - step) // 4 * 4)
        chunk = await blob.read(begin, start)
        start, content = begin, chunk + content
        step *= 2
        if any(hint in chunk or _encode_utf16(hint) in chunk for hint in _HINTS):
            text = _decode_text(content, is_truncated=start > 0)
            if await asyncio.to_thread(has_provisioner_start, text):
                return text, len(content)
    return _decode_text(content, is_truncated=start > 0), len(content)


def has_provisioner_start(text: str) -> bool:
    """Tell whether `text` contains the start of the last provisioner that ran before the failure."""
    build = read_build([read_line(number, line) for number, line in enumerate(text.splitlines(), start=1)])
    if not build.runs:
        return False
    body = build.lines[build.runs[-1].start_index].body
    return body.startswith(_PROVISIONER_STARTS) or "(telemetry) Starting provisioner" in body


def _decode_text(content: bytes, is_truncated: bool) -> str:
    """Decode `content`. If it starts in the middle of a line, drop that line: half a secret would escape redaction."""
    if is_truncated and detect_encoding(content[:4096]) == "utf-8":
        content = content[content.find(b"\n") + 1 :]
        return decode(content)
    text = decode(content)
    return text[text.find("\n") + 1 :] if is_truncated else text


def _encode_utf16(hint: bytes) -> bytes:
    return hint.decode().encode("utf-16-le")
