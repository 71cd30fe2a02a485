"""A secret that's written down is told from code that gets one, which redaction hides, too."""

from __future__ import annotations

import pytest

from knowledge.redaction.literal_secrets import find_literal_secrets


@pytest.mark.parametrize(
    "line",
    [
        "$password = 'Hunter2Hunter2!'",
        "export TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "curl 'https://example.blob.core.windows.net/a/b?sv=2024-01-01&sig=abc0123%2Bdef%3D'",
        "net user admin P@ssw0rd1234 /add",
    ],
)
def test_a_written_secret_is_found(line: str) -> None:
    ((index, shown),) = find_literal_secrets(["ls", line])
    assert index == 1
    assert shown != line
    assert "[REDACTED]" in shown


@pytest.mark.parametrize(
    "line",
    [
        "$password = Get-AzKeyVaultSecret -VaultName v -Name n -AsPlainText",
        "$secret = (Invoke-WebRequest -Uri $address).Content",
        "$token = $parts[1]",
        "echo 'vagrant ALL=(ALL) NOPASSWD:ALL' | sudo tee /etc/sudoers.d/vagrant",
        'export PASSWORD="$PASSWORD"',
        "export PASSWORD=${PASSWORD:?is missing}",
        "# password: Hunter2Hunter2!",
        "echo hello",
    ],
)
def test_code_that_gets_a_secret_is_left_alone(line: str) -> None:
    assert list(find_literal_secrets(["ls", line])) == []
