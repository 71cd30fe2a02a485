"""Upload a draft's files to an Azure Support file workspace, which the ticket then references."""

from __future__ import annotations

import base64
import json
from io import BytesIO

from azure.mgmt.support.aio import MicrosoftSupport
from azure.mgmt.support.models import FileDetails

from dialogs.model.support import ATTACHMENT_EXTENSIONS, MAX_ATTACHMENT_BYTES, MAX_FILE_NAME_CHARS, TicketAttachment
from knowledge.redaction.redact import redact

MAX_CHUNK_BYTES = 2_500_000
"""The size of an upload chunk. Azure accepts at most two chunks of 2.5 MB for a file."""
MAX_FILE_BYTES = min(MAX_ATTACHMENT_BYTES, 2 * MAX_CHUNK_BYTES)
_NAME_CHARS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


async def upload_files(client: MicrosoftSupport, workspace: str, files: tuple[TicketAttachment, ...]) -> int:
    """Create the workspace, upload the files that Azure accepts, and return how many there were.

    A file that is already in the workspace is overwritten, so calling this again is safe.

    Raises:
        AzureError: whatever the client raises.
    """
    uploads = [(file.name, content) for file in files if (content := encode_attachment(file)) is not None]
    if not uploads:
        return 0
    await client.file_workspaces.create(workspace)
    for name, content in uploads:
        chunks = [content[start : start + MAX_CHUNK_BYTES] for start in range(0, len(content), MAX_CHUNK_BYTES)]
        details = FileDetails(chunk_size=len(chunks[0]), file_size=len(content), number_of_chunks=len(chunks))
        await client.files.create(workspace, name, details)
        for index, chunk in enumerate(chunks):
            await client.files.upload(workspace, name, _build_chunk_body(index, chunk), content_type="application/json")
    return len(uploads)


def _build_chunk_body(index: int, chunk: bytes) -> BytesIO:
    """Build the JSON request body of one chunk, as a stream, because aiohttp warns about large bodies."""
    content = base64.b64encode(chunk).decode("ascii")
    return BytesIO(json.dumps({"chunkIndex": index, "content": content}).encode())


def encode_attachment(file: TicketAttachment) -> bytes | None:
    """Return the redacted text of `file` in UTF-8, or None if Azure would refuse its name or size."""
    name = file.name
    has_plain_name = set(name.lower()) <= _NAME_CHARS and not name.startswith(".") and len(name) <= MAX_FILE_NAME_CHARS
    if not has_plain_name or not name.lower().endswith(ATTACHMENT_EXTENSIONS):
        return None
    content = redact(file.text).encode("utf-8", "replace")
    return content if 0 < len(content) <= MAX_FILE_BYTES else None
