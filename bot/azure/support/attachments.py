"""A draft's files, put into a file workspace that the ticket then names."""

from __future__ import annotations

import base64
import json
from io import BytesIO

from azure.mgmt.support.aio import MicrosoftSupport
from azure.mgmt.support.models import FileDetails

from dialogs.model.support import ATTACHMENT_EXTENSIONS, MAX_ATTACHMENT_BYTES, MAX_FILE_NAME_CHARS, TicketAttachment
from knowledge.redaction.redact import redact

MAX_CHUNK_BYTES = 2_500_000
"""Bytes of one piece of a file; Azure takes two pieces of 2.5 MB, so a file of these is below `MOST_FILE`."""
MAX_FILE_BYTES = min(MAX_ATTACHMENT_BYTES, 2 * MAX_CHUNK_BYTES)
_NAME_CHARS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


async def upload_files(client: MicrosoftSupport, workspace: str, files: tuple[TicketAttachment, ...]) -> int:
    """Makes the workspace and uploads what Azure takes of `files`; how many that were.

    Raises what the client raises; a file that was uploaded before is uploaded anew.
    """
    ready = [(file.name, content) for file in files if (content := encode_attachment(file)) is not None]
    if not ready:
        return 0
    await client.file_workspaces.create(workspace)
    for name, content in ready:
        chunks = [content[at : at + MAX_CHUNK_BYTES] for at in range(0, len(content), MAX_CHUNK_BYTES)]
        details = FileDetails(chunk_size=len(chunks[0]), file_size=len(content), number_of_chunks=len(chunks))
        await client.files.create(workspace, name, details)
        for index, chunk in enumerate(chunks):
            await client.files.upload(workspace, name, _build_chunk_body(index, chunk), content_type="application/json")
    return len(ready)


def _build_chunk_body(index: int, chunk: bytes) -> BytesIO:
    """A piece of a file as the API takes it; as a stream, since it is too large to be sent at one go."""
    content = base64.b64encode(chunk).decode("ascii")
    return BytesIO(json.dumps({"chunkIndex": index, "content": content}).encode())


def encode_attachment(file: TicketAttachment) -> bytes | None:
    """What `file` holds, redacted, UTF-8; None where Azure would not take it: its name, no content, too much."""
    name = file.name
    plain = set(name.lower()) <= _NAME_CHARS and not name.startswith(".") and len(name) <= MAX_FILE_NAME_CHARS
    content = redact(file.text).encode("utf-8", "replace")
    return (
        content
        if plain and name.lower().endswith(ATTACHMENT_EXTENSIONS) and 0 < len(content) <= MAX_FILE_BYTES
        else None
    )
