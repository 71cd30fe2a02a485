"""Azurite, Microsoft's Azure Storage emulator, over HTTPS and with tokens that anyone can make."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
import trustme
from azure.core.credentials import AccessToken

from tests.npm_packages import install_npm_packages

FOLDER = Path(__file__).resolve().parent
PROGRAM = FOLDER / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"


@dataclass(frozen=True)
class Azurite:
    """Where it listens, without a slash at the end, and the file of the authority that signed its certificate."""

    url: str
    authority: Path


def issue_token(**more_claims: Any) -> AccessToken:
    """Issue a token that Azurite takes."""
    now = int(time.time())
    claims = {
        "aud": "https://storage.azure.com", "iss": "https://sts.windows.net/contoso/", "iat": now, "nbf": now - 60,
        "exp": now + 3600, "oid": "bot",
    }  # fmt: skip
    return AccessToken(jwt.encode(claims | more_claims, "any" * 12, "HS256"), now + 3600)


class AnybodyCredential:
    """Tokens that Azurite accepts: it checks their issuer and audience, not their signature."""

    def __init__(self, **claims: Any) -> None:
        self._claims = claims

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return issue_token(**self._claims)

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> AnybodyCredential:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def azurite(real: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Azurite for all tests of the session."""
    node, npm = real("node"), real("npm")
    install_npm_packages(npm, FOLDER)
    with run_azurite(node, tmp_path_factory.mktemp("azurite")) as service:
        yield service


@contextmanager
def run_azurite(node: str, folder: Path) -> Iterator[Azurite]:
    """Run Azurite on its own port, everything in memory, with its certificates in `folder`."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    with (folder / "cert.pem").open("wb") as chain:
        for blob in certificate.cert_chain_pems:
            chain.write(blob.bytes())
    options = {"--blobHost": "127.0.0.1", "--blobPort": "0", "--oauth": "basic"}
    options |= {"--cert": folder / "cert.pem", "--key": folder / "key.pem"}
    process = subprocess.Popen(
        [node, PROGRAM, *(str(part) for option in options.items() for part in option),
         "--inMemoryPersistence", "--silent", "--disableTelemetry"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "NODE_OPTIONS": ""},
    )  # fmt: skip
    with process:
        try:
            yield Azurite(f"{_address(process)}/devstoreaccount1", folder / "authority.pem")
        finally:
            process.kill()


def _address(process: subprocess.Popen[str]) -> str:
    """Where it says that it listens."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "listens on" in line:
            return line.split("listens on")[1].strip().rstrip(".")
    raise AssertionError(f"Azurite ended before it listened:\n{said}")
