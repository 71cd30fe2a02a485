"""The table of clouds: every row is complete, and a text's cloud is recognized."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from knowledge.azure_clouds import CLOUDS, DEFAULT_CLOUD, detect_cloud


@pytest.mark.parametrize("name", CLOUDS)
def test_a_cloud_has_its_own_addresses(name: str) -> None:
    cloud = CLOUDS[name]
    for url in (cloud.resource_manager, cloud.authority, cloud.portal):
        assert urlsplit(url)[0] == "https"
        assert urlsplit(url)[2:] == ("", "", "")
    assert cloud.resource_scope == f"{cloud.resource_manager}/.default"
    assert cloud.storage_scope.endswith("/.default")
    assert cloud.blob_suffix
    assert bool(cloud.mentions) == (name != DEFAULT_CLOUD)
    others = [row for other, row in CLOUDS.items() if other != name]
    assert cloud.portal not in {row.portal for row in others}
    assert cloud.blob_suffix not in {row.blob_suffix for row in others}


@pytest.mark.parametrize(
    ("text", "cloud"),
    [
        ("", "public"),
        ("region eastus, https://management.azure.com/subscriptions", "public"),
        ("usgovernment, and my usgov", "usgovernment"),
        ("in usgov only", "public"),
        ("Location: USGovVirginia", "usgovernment"),
        ("https://acct.blob.core.usgovcloudapi.net/packerlogs", "usgovernment"),
        ("half a pair \ud800 in usdodeast", "usgovernment"),
    ],
)
def test_a_text_tells_its_cloud(text: str, cloud: str) -> None:
    assert detect_cloud(text) == cloud
