"""Settings: defaults, all errors at once, only loopback without credentials, and no secret printed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.auth.credentials import BotCredentials
from bot.errors import SettingsError
from bot.host.settings import Settings, read_settings
from bot.loopback_hosts import is_loopback

APP = "4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394"
TENANT = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
OTHER = "0b8e1e2a-4f4d-4f0e-8f55-2d6a3c1b9d10"
SECRET = "hunter2-Q~8xK"
SINGLE = {
    "MicrosoftAppId": APP,
    "MicrosoftAppType": "SingleTenant",
    "MicrosoftAppTenantId": TENANT,
    "MicrosoftAppPassword": SECRET,
}
IDENTITY = {"MicrosoftAppId": APP, "MicrosoftAppType": "UserAssignedMSI", "MicrosoftAppTenantId": TENANT}


def without(environ: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in environ.items() if key != name}


def test_an_empty_environment_gives_the_defaults() -> None:
    assert read_settings({}) == Settings("127.0.0.1", 3978, Path("state/image-medic.sqlite3"), "INFO", 56150)
    assert read_settings({"PORT": " ", "BIND_ADDRESS": "", "MicrosoftAppId": ""}) == read_settings({})


def test_what_is_given_is_read(tmp_path: Path) -> None:
    given = {
        "BIND_ADDRESS": "::1",
        "PORT": "80",
        "STATE_PATH": str(tmp_path / "s"),
        "LOG_LEVEL": "debug",
        "LOG_FORMAT": "JSON",
        "PLAYGROUND_PORT": "81",
        "STATE_KEEP_DAYS": "7",
    }
    found = read_settings(given)
    assert found == Settings("::1", 80, tmp_path / "s", "DEBUG", 81, "json", keep_days=7)
    assert found.url == "http://[::1]:80"


@pytest.mark.parametrize(
    "url", ["https://acct.blob.core.windows.net/image-medic", "https://127.0.0.1:10000/devstoreaccount1/states"]
)
def test_state_can_be_kept_in_a_container(url: str) -> None:
    assert read_settings({"STATE_BLOB_URL": f"{url}/", "STATE_PATH": " "}).state_blob_url == url


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"PORT": "no"}, "PORT is 'no': use a number from 1 to 65535"),
        ({"PORT": "0"}, "from 1 to 65535"),
        ({"PORT": "65536"}, "from 1 to 65535"),
        ({"PORT": "٣٩٧٨"}, "from 1 to 65535"),
        ({"PORT": "56150"}, "PORT and PLAYGROUND_PORT are both 56150"),
        ({"PLAYGROUND_PORT": "-1"}, "PLAYGROUND_PORT is '-1'"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL is 'loud': use DEBUG, INFO, WARNING or ERROR"),
        ({"STATE_PATH": "/"}, "a folder: name a file in it"),
        ({"BIND_ADDRESS": "0.0.0.0"}, "on this machine only"),
        ({"BIND_ADDRESS": "192.168.1.4"}, "on this machine only"),
        ({"BIND_ADDRESS": "bot.example.com"}, "on this machine only"),
        ({"BIND_ADDRESS": "127.0.0.1.example.com"}, "on this machine only"),
        ({"STATE_BLOB_URL": "https://a.blob.core.windows.net"}, "STATE_BLOB_URL isn't the address of a container"),
        ({"STATE_BLOB_URL": "https://a.blob.core.windows.net/c/d"}, "isn't the address of a container"),
        ({"STATE_BLOB_URL": "https://a.blob.core.windows.net/C"}, "isn't the address of a container"),
        ({"STATE_BLOB_URL": "https://a.blob.core.windows.net/a--b"}, "isn't the address of a container"),
        ({"STATE_BLOB_URL": "http://a.blob.core.windows.net/states"}, "isn't the address of a container"),
        ({"STATE_BLOB_URL": "https://u:p@a.blob.core.windows.net/states"}, "isn't the address of a container"),
        ({"STATE_BLOB_URL": "https://127.0.0.1/states"}, "isn't the address of a container"),
        ({"STATE_BLOB_URL": "https://[a/states"}, "isn't the address of a container"),
        ({"STATE_BLOB_URL": "https://a:99999/states"}, "isn't the address of a container"),
        ({"STATE_BLOB_URL": f"https://a.blob.core.windows.net/states?sig={SECRET}"}, "STATE_BLOB_URL has a query"),
        ({"STATE_BLOB_URL": "https://a.blob.core.windows.net/states", "STATE_PATH": "s"}, "are both set"),
        ({"STATE_KEEP_DAYS": "0"}, "STATE_KEEP_DAYS is '0': use a number of days from 1 to 3650"),
        ({"STATE_KEEP_DAYS": "٣"}, "use a number of days"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT is 'xml': use text or json"),
        (without(SINGLE, "MicrosoftAppId"), "MicrosoftAppId is not set: set it to the application (client) id"),
        (SINGLE | {"MicrosoftAppId": SECRET}, "MicrosoftAppId is not a GUID"),
        (SINGLE | {"MicrosoftAppId": "00000000-0000-0000-0000-000000000000"}, "MicrosoftAppId is not a GUID"),
        (without(SINGLE, "MicrosoftAppType"), "MicrosoftAppType is not set: use SingleTenant"),
        (SINGLE | {"MicrosoftAppType": SECRET}, "MicrosoftAppType is neither SingleTenant"),
        (SINGLE | {"MicrosoftAppType": "MultiTenant"}, "can no longer be created since 31 July 2025"),
        (without(SINGLE, "MicrosoftAppTenantId"), "MicrosoftAppTenantId is not set"),
        (SINGLE | {"MicrosoftAppTenantId": "contoso.com"}, "MicrosoftAppTenantId is not a GUID"),
        (without(SINGLE, "MicrosoftAppPassword"), "MicrosoftAppPassword is not set: a SingleTenant bot"),
        (IDENTITY | {"MicrosoftAppPassword": SECRET}, "a managed identity has no password: unset it"),
        (SINGLE | {"ALLOWED_TENANTS": f"{TENANT}, contoso"}, "ALLOWED_TENANTS must be a list of tenant ids"),
        (SINGLE | {"MICROSOFTAPPPASSWORD": "another"}, "MicrosoftAppPassword is set more than once"),
        ({"ALLOWED_TENANTS": TENANT}, "ALLOWED_TENANTS is set without MicrosoftAppId"),
    ],
)
def test_an_error_says_what_to_do(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(environ)
    assert len(caught.value.faults) == 1
    assert said in caught.value.faults[0]
    assert SECRET not in str(caught.value)


def test_all_errors_are_reported_at_once_and_no_secret_is_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"PORT": "x", "STATE_PATH": "/", "LOG_LEVEL": "x", "microsoftapppassword": SECRET})
    assert [fault.split()[0] for fault in caught.value.faults] == [
        "MicrosoftAppId", "MicrosoftAppTenantId", "MicrosoftAppType", "STATE_PATH", "LOG_LEVEL", "PORT",
    ]  # fmt: skip
    assert SECRET not in str(caught.value)


def test_credentials_open_other_addresses() -> None:
    found = read_settings(SINGLE | {"BIND_ADDRESS": "0.0.0.0"})
    assert found.host == "0.0.0.0"
    assert found.credentials == BotCredentials(APP, TENANT, "SingleTenant", frozenset({TENANT}), SECRET)
    assert SECRET not in repr(found)
    assert SECRET not in str(found.credentials)


def test_a_managed_identity_needs_no_password() -> None:
    found = read_settings(IDENTITY | {"ALLOWED_TENANTS": f" {OTHER.upper()},\n{TENANT} "})
    assert found.credentials == BotCredentials(APP, TENANT, "UserAssignedMSI", frozenset({OTHER, TENANT}))


@pytest.mark.parametrize("spelt", [str.upper, str.lower])
def test_names_and_ids_are_read_in_any_case(spelt: Callable[[str], str]) -> None:
    given = {spelt(name): value if "Password" in name else spelt(value) for name, value in SINGLE.items()}
    assert read_settings(given) == read_settings(SINGLE)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "10.0.0.1", "localhost.example.com", "127.1", "0x7f000001"])
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)
