"""Azure settings: what each access mode requires and excludes; all faults are reported at once."""

from __future__ import annotations

import pytest

from bot.azure.arm.settings import AzureSettings
from bot.errors import SettingsError
from bot.host.settings import read_settings, read_terminal_settings

APP = "4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394"
TENANT = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
OBJECT = "c1a4d0f3-2f8e-49b8-8b5e-51a0f6d3e7c2"
ONE = "5b0f8a7e-11d2-4c3b-9a64-7de0c2f1a9b8"
TWO = "8f3d6c11-94a2-4e5e-a1f0-3d2b7c6e5a90"
SINGLE = {
    "MicrosoftAppId": APP,
    "MicrosoftAppType": "SingleTenant",
    "MicrosoftAppTenantId": TENANT,
    "MicrosoftAppPassword": "hunter2-Q~8xK",
}
IDENTITY = {"MicrosoftAppId": APP, "MicrosoftAppType": "UserAssignedMSI", "MicrosoftAppTenantId": TENANT}
LISTS = {"AZURE_SUBSCRIPTIONS": f"{ONE.upper()}, {TWO}", "AZURE_PEOPLE": f"{TENANT}/{OBJECT.upper()}"}
BOT = {"AZURE_LOOK": "bot"} | LISTS
USER = {"AZURE_LOOK": "User", "OAUTH_CONNECTION": "image medic"}


def test_looking_is_off_until_an_operator_turns_it_on() -> None:
    assert read_settings({}).azure == AzureSettings("off") == read_terminal_settings({}).azure
    assert read_settings(SINGLE | {"AZURE_LOOK": " "}).azure.access_mode == "off"


def test_each_mode_is_read() -> None:
    assert read_settings(SINGLE | USER).azure == AzureSettings(
        "user", oauth_connection="image medic", sign_in_app_id=SINGLE["MicrosoftAppId"]
    )
    assert read_settings({"AZURE_LOOK": "sandbox"}).azure == AzureSettings("sandbox")
    assert read_terminal_settings({"AZURE_LOOK": "local", "AZURE_CLOUD": "usgovernment"}).azure == AzureSettings(
        "local", "usgovernment"
    )
    people = frozenset({(TENANT, OBJECT)})
    assert read_settings(SINGLE | BOT).azure == AzureSettings("bot", "public", frozenset({ONE, TWO}), people)


def test_the_identity_that_looks_is_the_bots_own_unless_another_is_named() -> None:
    assert read_settings(IDENTITY | BOT).azure.identity_client_id == APP
    assert read_settings(IDENTITY | BOT | {"AZURE_LOOK_CLIENT_ID": TWO}).azure.identity_client_id == TWO
    assert read_settings(SINGLE | BOT).azure.identity_client_id == ""


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"AZURE_LOOK": "everything"}, "AZURE_LOOK is 'everything': use off, user, bot, local or sandbox."),
        ({"AZURE_CLOUD": "moon"}, "AZURE_CLOUD is 'moon': use public or usgovernment."),
        ({"AZURE_SUBSCRIPTIONS": "my-subscription"}, "AZURE_SUBSCRIPTIONS must be a list of subscription ids"),
        ({"AZURE_SUBSCRIPTIONS": "00000000-0000-0000-0000-000000000000"}, "AZURE_SUBSCRIPTIONS must be a list"),
        ({"AZURE_PEOPLE": OBJECT}, "AZURE_PEOPLE must be a list of people as tenant/object-id"),
        ({"AZURE_PEOPLE": f"{TENANT}/maria"}, "AZURE_PEOPLE must be a list of people as tenant/object-id"),
        ({"AZURE_PEOPLE": f"{TENANT}/{OBJECT}/{OBJECT}"}, "AZURE_PEOPLE must be a list of people"),
        ({"AZURE_LOOK_CLIENT_ID": "me"}, "AZURE_LOOK_CLIENT_ID is not a GUID"),
        ({"OAUTH_CONNECTION": "a\nb"}, "OAUTH_CONNECTION is not a connection name"),
        (USER, "AZURE_LOOK is user: without its credentials the bot can't tell who is asking"),
        (BOT, "AZURE_LOOK is bot: without its credentials"),
        (SINGLE | {"AZURE_LOOK": "user"}, "OAUTH_CONNECTION is not set: AZURE_LOOK=user needs it"),
        (SINGLE | {**BOT, "AZURE_PEOPLE": ""}, "AZURE_PEOPLE is not set: AZURE_LOOK=bot needs it"),
        (SINGLE | {**BOT, "AZURE_PEOPLE": " , "}, "AZURE_PEOPLE is not set: AZURE_LOOK=bot needs it"),
        (SINGLE | {**BOT, "AZURE_SUBSCRIPTIONS": ""}, "AZURE_SUBSCRIPTIONS is not set: AZURE_LOOK=bot needs it"),
        (SINGLE | USER | {"AZURE_PEOPLE": LISTS["AZURE_PEOPLE"]}, "AZURE_PEOPLE has no effect with AZURE_LOOK=user"),
        (SINGLE | USER | {"AZURE_LOOK_CLIENT_ID": TWO}, "AZURE_LOOK_CLIENT_ID has no effect with AZURE_LOOK=user"),
        ({"AZURE_LOOK": "local"}, "AZURE_LOOK is local: anyone who reaches the server would read Azure"),
        (SINGLE | {"AZURE_LOOK": "local"}, "for the terminal chat only"),
        (SINGLE | {"AZURE_LOOK": "sandbox"}, "AZURE_LOOK is sandbox: its templates are made up"),
    ],
)
def test_an_error_says_what_to_do(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(environ)
    assert len(caught.value.faults) == 1
    assert said in caught.value.faults[0]


def test_the_sandbox_stays_on_this_machine() -> None:
    with pytest.raises(SettingsError, match="on this machine only"):
        read_settings({"AZURE_LOOK": "sandbox", "BIND_ADDRESS": "0.0.0.0"})


def test_credentials_with_a_fault_are_named_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(USER | {"MicrosoftAppId": "x"})
    assert not any("AZURE_LOOK is user" in fault for fault in caught.value.faults)


def test_all_faults_are_said_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(SINGLE | {"AZURE_LOOK": "bot", "AZURE_CLOUD": "x", "AZURE_LOOK_CLIENT_ID": "y", "PORT": "z"})
    assert [fault.split()[0] for fault in caught.value.faults] == [
        "AZURE_CLOUD", "AZURE_LOOK_CLIENT_ID", "AZURE_SUBSCRIPTIONS", "AZURE_PEOPLE", "PORT",
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["user", "bot"])
def test_a_terminal_knows_nobody(mode: str) -> None:
    with pytest.raises(SettingsError, match="in a terminal the bot can't tell who is typing"):
        read_terminal_settings({"AZURE_LOOK": mode, "OAUTH_CONNECTION": "c"} | LISTS)
