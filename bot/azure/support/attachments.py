"""A draft's files, put into a file workspace that the ticket then names."""

from __future__ import annotations

import base64
import json
from io import BytesIO

from azure.mgmt.support.aio import MicrosoftSupport
from azure.mgmt.support.models import FileDetails

from dialogs.model.support import FILE_KINDS, FILE_NAME, MOST_FILE, Attachment
from knowledge.redaction.redact import redact

MOST_CHUNK = 2_500_000
"""Bytes of one piece of a file; Azure takes two pieces of 2.5 MB, so a file of these is below `MOST_FILE`."""
MOST_BYTES = min(MOST_FILE, 2 * MOST_CHUNK)
_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


async def put_files(client: MicrosoftSupport, workspace: str, files: tuple[Attachment, ...]) -> int:
    """Makes the workspace and uploads what Azure takes of `files`; how many that were.

    Raises what the client raises; a file that was uploaded before is uploaded anew.
    """
    ready = [(file.name, content) for file in files if (content := content_of(file)) is not None]
    if not ready:
        return 0
    await client.file_workspaces.create(workspace)
    for name, content in ready:
        chunks = [content[at : at + MOST_CHUNK] for at in range(0, len(content), MOST_CHUNK)]
        details = FileDetails(chunk_size=len(chunks[0]), file_size=len(content), number_of_chunks=len(chunks))
        await client.files.create(workspace, name, details)
        for index, chunk in enumerate(chunks):
            await client.files.upload(workspace, name, _piece(index, chunk), content_type="application/json")
    return len(ready)


def _piece(index: int, chunk: bytes) -> BytesIO:
    """A piece of a file as the API takes it; as a stream, since it is too large to be sent at one go."""
    content = base64.b64encode(chunk).decode("ascii")
    return BytesIO(json.dumps({"chunkIndex": index, "content": content}).encode())


def content_of(file: Attachment) -> bytes | None:
    """What `file` holds, redacted, UTF-8; None where Azure would not take it: its name, no content, too much."""
    name = file.name
    plain = set(name.lower()) <= _NAME and not name.startswith(".") and len(name) <= FILE_NAME
    content = redact(file.text).encode("utf-8", "replace")
    return content if plain and name.lower().endswith(FILE_KINDS) and 0 < len(content) <= MOST_BYTES else None
