"""Files in the terminal: an offered file is shown as text, and an attached one is read from its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.terminal.files import LocalAttachmentReader, append_file_text
from dialogs.model.effects import OfferFile
from dialogs.model.errors import FileRefusedError
from dialogs.model.files import AttachedFile, AttachmentContents
from dialogs.model.reply import CopyableText, Paragraph, Reply, parse_markup
from dialogs.replies.plain_text import render_plain_text
from tests.bot.files.drive import gzipped, zipped
from tests.build_logs import begun, powershell, script_failed
from tests.shipped_knowledge import DIAGNOSER

FAILED = script_failed(powershell(begun(), ["Contoso install failed"], code=1), 1).text().encode()
FILE = OfferFile("case.md", "A case", 12, {"as": "markdown"})
OFFER = Reply((Paragraph(parse_markup("Here it is.")),), language="it")


def test_what_the_file_holds_stands_below_the_reply() -> None:
    shown = append_file_text(OFFER, FILE, b"l'immagine\n")
    assert shown.blocks[-1] == CopyableText("l'immagine\n")
    assert "case.md (12 byte), come testo" in render_plain_text(shown)
    assert "python app.py draft --out" in render_plain_text(shown)


async def read(path: Path) -> AttachmentContents:
    reader = LocalAttachmentReader(DIAGNOSER.diagnose_stream)
    return await reader.read(AttachedFile(path.name, str(path)), "en", lambda done, total: None)


@pytest.mark.parametrize(
    ("content", "log_name"),
    [
        (FAILED, ""),
        (b"nothing to see here\n" * 900_000 + FAILED, ""),
        (gzipped(FAILED), ""),
        (zipped({"logs/customization.log": FAILED}), "logs/customization.log"),
    ],
    ids=["plain", "large", "gzip", "zip"],
)
async def test_a_log_of_this_computer_is_diagnosed_to_its_end(tmp_path: Path, content: bytes, log_name: str) -> None:
    (tmp_path / "build").write_bytes(content)
    contents = await read(tmp_path / "build")
    assert contents.size == len(content)
    assert [(log.name, log.diagnosis.matches[0].entry) for log in contents.logs] == [(log_name, "script-nonzero-exit")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "unexpected"), (b"", "empty"), (b"PK\x03\x04" + b"x" * 99, "damaged"), (b"\0\1\2" * 99, "not-text")],
)
async def test_a_file_that_holds_no_log_is_refused(tmp_path: Path, content: bytes | None, reason: str) -> None:
    if content is not None:
        (tmp_path / "build").write_bytes(content)
    with pytest.raises(FileRefusedError) as raised:
        await read(tmp_path / "build")
    assert raised.value.refusal.reason == reason
