"""The operating system of a text: from unmistakable words only, since it decides which team gets the case."""

from __future__ import annotations

import pytest

from tests.shipped_knowledge import DIAGNOSER


@pytest.mark.parametrize(
    ("text", "os"),
    [
        ("Downloading external file (https://st01.blob.core.windows.net/aib/setup.sh) to local file", None),
        ("AADSTS700016 at https://login.windows.net/ and https://graph.windows.net", None),
        (r'{"url": "https:\/\/management.azure.com\/subscriptions"}', None),
        ("Canonical at https://st01.blob.core.windows.net/aib/x.sh", "linux"),
        ("Downloading external file (https://st01.blob.core.windows.net/aib/setup.ps1) to local file", "windows"),
        ("offer: Windows-10, sku: 19h1-ent", "windows"),
        ("MicrosoftWindowsDesktop", "windows"),
        ("the image is of Windows", "windows"),
        (r"cannot find C:\Windows\Temp", "windows"),
        ("Timeout waiting for WinRM.", "windows"),
        ("Timeout waiting for SSH.", "linux"),
    ],
)
def test_the_operating_system_is_detected_by_unmistakable_words(text: str, os: str | None) -> None:
    assert DIAGNOSER.diagnose(f"Image Builder: imageTemplates build failed. {text}").os == os
