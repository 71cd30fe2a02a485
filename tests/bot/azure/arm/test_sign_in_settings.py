"""Which app registration people sign in to, and that no one signs in where it isn't configured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.auth.channel_auth import build_channel_auth
from bot.azure.arm.settings import read_sign_in_app_id
from bot.errors import SettingsError
from bot.host.settings import read_settings
from bot.settings.setting import SettingReader
from bot.sign_in.setup import build_sign_in_from_settings
from tests.bot.auth.identity_service import APP, CREDENTIALS, TENANT

IDENTITY = replace(CREDENTIALS, app_type="UserAssignedMSI", password="")
OTHER = "5D1C0A52-8D3E-4B7A-9C61-2E5D7F80B394"


@pytest.mark.parametrize(
    ("credentials", "given", "app"),
    [
        (CREDENTIALS, "", APP), (CREDENTIALS, APP.upper(), APP), (IDENTITY, f" {OTHER} ", OTHER.lower()),
    ],
)  # fmt: skip
def test_the_bots_own_or_the_one_beside_its_identity(credentials: object, given: str, app: str) -> None:
    reader = SettingReader({"OAUTH_APP_ID": given})
    assert read_sign_in_app_id(reader, credentials) == app  # type: ignore[arg-type]
    assert reader.faults == []


@pytest.mark.parametrize(
    ("credentials", "given", "said"),
    [
        (CREDENTIALS, "sso", "is not a GUID"), (CREDENTIALS, OTHER, "whose secret the bot does not have"),
        (IDENTITY, "", "has no API"), (IDENTITY, APP, "has no API"), (IDENTITY, "x", "is not a GUID"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(credentials: object, given: str, said: str) -> None:
    reader = SettingReader({"OAUTH_APP_ID": given} if given else {})
    read_sign_in_app_id(reader, credentials)  # type: ignore[arg-type]
    assert [said in fault for fault in reader.faults] == [True]
    assert not given or given.lower() not in reader.faults[0]


SERVER = {
    "MicrosoftAppId": APP, "MicrosoftAppType": "SingleTenant", "MicrosoftAppTenantId": TENANT, "MicrosoftAppPassword": "s",
}  # fmt: skip


async def test_it_is_part_of_the_settings() -> None:
    settings = read_settings({**SERVER, "AZURE_LOOK": "user", "OAUTH_CONNECTION": "sso"})
    assert settings.azure.sign_in_app_id == APP
    access = build_channel_auth(settings.credentials)
    signing = build_sign_in_from_settings(settings.credentials, settings.azure, access)
    assert signing
    assert set(signing.sign_in.get_handlers()) >= {"signin/tokenExchange", "signin/verifyState"}
    await signing.close()
    await access.close()
    with pytest.raises(SettingsError, match="OAUTH_APP_ID is another registration"):
        read_settings({**SERVER, "AZURE_LOOK": "user", "OAUTH_CONNECTION": "sso", "OAUTH_APP_ID": OTHER})


async def test_without_it_nobody_signs_in() -> None:
    for environ in ({}, SERVER):
        settings = read_settings(environ)
        access = build_channel_auth(settings.credentials)
        assert build_sign_in_from_settings(settings.credentials, settings.azure, access) is None
        await access.close()
