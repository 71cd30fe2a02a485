"""Which registration people sign in to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.signing.settings import read_sign_in_app
from tests.bot.identity_service import APP, CREDENTIALS

IDENTITY = replace(CREDENTIALS, kind="UserAssignedMSI", password="")
OTHER = "5D1C0A52-8D3E-4B7A-9C61-2E5D7F80B394"


@pytest.mark.parametrize(
    ("credentials", "given", "app"),
    [
        (CREDENTIALS, "", APP), (CREDENTIALS, APP.upper(), APP), (IDENTITY, f" {OTHER} ", OTHER.lower()),
    ],
)  # fmt: skip
def test_the_bots_own_or_the_one_beside_its_identity(credentials: object, given: str, app: str) -> None:
    faults: list[str] = []
    assert read_sign_in_app({"OAUTH_APP_ID": given}, credentials, faults) == app  # type: ignore[arg-type]
    assert faults == []


@pytest.mark.parametrize(
    ("credentials", "given", "said"),
    [
        (CREDENTIALS, "sso", "is no GUID"), (CREDENTIALS, OTHER, "whose secret the bot does not have"),
        (IDENTITY, "", "offers no API"), (IDENTITY, APP, "offers no API"), (IDENTITY, "x", "is no GUID"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(credentials: object, given: str, said: str) -> None:
    faults: list[str] = []
    read_sign_in_app({"OAUTH_APP_ID": given} if given else {}, credentials, faults)  # type: ignore[arg-type]
    assert [said in fault for fault in faults] == [True]
    assert not given or given.lower() not in faults[0]
