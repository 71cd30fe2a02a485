"""The address of a log: only Azure's two forms, only valid names, and only the template's staging group."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from bot.azure.logs.log_address import LogAddress, extract_blob_endpoints, parse_log_address
from dialogs.model.errors import AzureRefusedError
from knowledge.azure_clouds import CLOUDS, AzureCloud
from knowledge.redaction.redact import redact
from tests.bot.azure.fake_azure import ACCOUNT, FOLDER, ONE, STAGING, TWO, new_message, old_message
from tests.reporting import failures_together

OWN = (ONE, STAGING)
PLACE = LogAddress(ACCOUNT, FOLDER, "customization.log")
URL = f"https://{ACCOUNT}.blob.core.windows.net/packerlogs/{FOLDER}/customization.log"


@pytest.mark.parametrize("shown", [str, redact])
@pytest.mark.parametrize(
    ("message", "place"),
    [
        (old_message(), PLACE),
        (old_message().replace("Build log location", "build log location"), PLACE),
        (old_message(file="validation.log"), LogAddress(ACCOUNT, FOLDER, "validation.log")),
        (new_message(), PLACE),
        (new_message(group=STAGING.upper()), PLACE),
        (new_message().replace("customization.log.", "validation.log"), LogAddress(ACCOUNT, FOLDER, "validation.log")),
        (f"{old_message()} {old_message()}", PLACE),
        (f"See {URL}", PLACE),
        (f"Image build log location: {URL}", PLACE),
        (URL.replace("windows.net", "usgovcloudapi.net"), PLACE),
        (f"https://{ACCOUNT}.z12.blob.storage.azure.net/packerlogs/{FOLDER}/customization.log", PLACE),
        ("", None),
        ("Build (Managed Image) step failed: the quota is used up.", None),
        ("x" * 30_000 + URL, None),  # the beginning tells, or nothing
    ],
)
def test_a_place_is_read(message: str, place: LogAddress | None, shown: type[str]) -> None:
    """Also of the message as it is kept: redacted."""
    assert parse_log_address(shown(message), OWN) == place


SUSPICIOUS = [
    URL.replace("windows.net", "chinacloudapi.cn"),  # a cloud that the bot does not know
    URL.replace("https", "http"),
    URL.replace("https://", "https://user:pass@"),
    URL.replace("https://", f"https://{ACCOUNT}.blob.core.windows.net@evil.example/"),
    URL.replace(".blob.core.windows.net", ".blob.core.windows.net.evil.example"),
    URL.replace(".blob.core.windows.net", ".blob.core.windows.net:8443"),
    URL.replace(".blob.core.windows.net", ".evil.example"),
    URL.replace(".blob.", "-secondary.blob."),
    URL.replace(FOLDER, ".."),
    URL.replace(FOLDER, f"{FOLDER}/../../vhds"),
    URL.replace(FOLDER, "%2e%2e%2fvhds"),
    URL.replace(FOLDER, "..\\vhds"),
    URL.replace("packerlogs", "vhds/packerlogs"),
    URL.replace("customization.log", "secret.log"),
    URL.replace("customization.log", "customization.log?sig=x"),
    URL.replace("customization.log", "customization.log/../../x"),
    URL.replace("customization.log", "customization.logs"),
    URL.replace(ACCOUNT, "a" * 25),
    URL.replace(ACCOUNT, "аccount"),  # a Cyrillic letter
    f"Image Build log location: {URL.replace(ACCOUNT, '169.254.169.254/')}",
    "Image Build log location: https://evil.example/customization.log",
    "Image Build log location: ",
    f"Image Build log location: https://evil.example/ {URL}",
    f"{old_message()} {old_message(account='anotheraccount')}",
    f"{old_message()} {old_message(folder='0' * 36)}",
    new_message(group="rg-somebody-elses"),
    new_message().replace(ONE, TWO),
    new_message().replace("Microsoft.Storage", "Microsoft.Evil"),
    new_message().replace("containers/packerlogs", "containers/../packerlogs"),
    "file:///packerlogs/x",
    "//packerlogs/",
]


def test_anything_else_is_suspicious() -> None:
    with failures_together() as failures:
        for message in SUSPICIOUS:
            with failures.check(message):
                with pytest.raises(AzureRefusedError) as caught:
                    parse_log_address(message, OWN)
                assert caught.value.refusal.reason == "suspicious"


@given(
    some.text(max_size=80),
    some.sampled_from([old_message(), new_message(), URL, ""]),
    some.text(max_size=80),
    some.integers(0, 400),
    some.text(alphabet="/.:@%?#\\ abz09-\n", max_size=6),
)
@example("", URL, "", 0, "")
def test_whatever_is_written_only_plain_names_come_out(
    before: str, message: str, after: str, at: int, spoilt: str
) -> None:
    text = before + message[:at] + spoilt + message[at:] + after
    place = None
    with suppress(AzureRefusedError):
        place = parse_log_address(text, OWN)
    if place is not None:
        assert place.account.isascii()
        assert place.account.isalnum()
        assert 3 <= len(place.account) <= 24
        assert place.folder.replace("-", "").isalnum()
        assert place.folder.isascii()
        assert place.file in ("customization.log", "validation.log")


SANDBOX = AzureCloud("https://127.0.0.1:1", "r", "s", "a", "p", blob_base="https://127.0.0.1:1")


@pytest.mark.parametrize(
    ("cloud", "endpoint"),
    [
        (CLOUDS["public"], f"https://{ACCOUNT}.blob.core.windows.net/"),
        (CLOUDS["public"], f"https://{ACCOUNT}.blob.core.windows.net"),
        (CLOUDS["public"], f"https://{ACCOUNT}.z07.blob.storage.azure.net/"),
        (CLOUDS["usgovernment"], f"https://{ACCOUNT}.blob.core.usgovcloudapi.net/"),
        (SANDBOX, f"https://127.0.0.1:1/{ACCOUNT}/"),
    ],
)
def test_an_endpoint_of_the_cloud_is_taken(cloud: AzureCloud, endpoint: str) -> None:
    found = extract_blob_endpoints([{"name": ACCOUNT, "properties": {"primaryEndpoints": {"blob": endpoint}}}], cloud)
    assert found == {ACCOUNT: endpoint.rstrip("/")}


@pytest.mark.parametrize(
    ("cloud", "endpoint"),
    [
        (CLOUDS["public"], f"http://{ACCOUNT}.blob.core.windows.net/"),
        (CLOUDS["public"], "https://another.blob.core.windows.net/"),
        (CLOUDS["public"], f"https://{ACCOUNT}.blob.core.windows.net:8443/"),
        (CLOUDS["public"], f"https://user@{ACCOUNT}.blob.core.windows.net/"),
        (CLOUDS["public"], f"https://{ACCOUNT}.blob.core.windows.net.evil.example/"),
        (CLOUDS["public"], f"https://evil.example/{ACCOUNT}.blob.core.windows.net/"),
        (CLOUDS["public"], f"https://{ACCOUNT}.blob.core.windows.net/x"),
        (CLOUDS["public"], f"https://{ACCOUNT}.blob.core.windows.net/?x"),
        (CLOUDS["public"], f"https://{ACCOUNT}.blob.core.usgovcloudapi.net/"),
        (CLOUDS["public"], "https://[::1"),
        (CLOUDS["usgovernment"], f"https://{ACCOUNT}.z07.blob.storage.azure.net/"),
        (SANDBOX, f"https://127.0.0.1:2/{ACCOUNT}/"),
        (SANDBOX, "https://127.0.0.1:1/another/"),
    ],
)
def test_another_endpoint_is_suspicious(cloud: AzureCloud, endpoint: str) -> None:
    with pytest.raises(AzureRefusedError) as caught:
        extract_blob_endpoints([{"name": ACCOUNT, "properties": {"primaryEndpoints": {"blob": endpoint}}}], cloud)
    assert caught.value.refusal.reason == "suspicious"


def test_an_account_without_blobs_is_passed_over() -> None:
    assert (
        extract_blob_endpoints(
            [{"name": "files", "properties": {"primaryEndpoints": {}}}, {"name": "x-y"}, {}], CLOUDS["public"]
        )
        == {}
    )
