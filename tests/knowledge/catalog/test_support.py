"""Where a support request goes, and the team to ask when it is not Image Builder's."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.catalog.support import SUPPORT_PATH, InvalidSupportRoutingError, load_support
from tests.recordings.exchange import read_exchanges


def test_the_path_is_the_documented_one_and_the_older_is_the_fallback() -> None:
    routing = load_support()
    assert routing.product_family == "Azure"
    assert routing.get_product_name("windows") == "Virtual Machine running Windows"
    assert routing.get_product_name("linux") == "Virtual Machine running Linux"
    assert routing.get_product_name("") is None
    assert (routing.topic_path.topic, routing.topic_path.subtopic) == ("Azure Features", "Azure Image Builder")
    assert (routing.fallback.topic, routing.fallback.subtopic) == ("Management", "Issues with Azure Image Builder")
    assert all(source.url.startswith("https://") for source in routing.sources)


def test_the_product_of_its_own_is_the_one_that_azure_listed() -> None:
    own = load_support().own_product
    (listing,) = (one.body["value"] for one in read_exchanges("support") if one.path.endswith("/services"))
    (listed,) = (one for one in listing if one["name"] == own.service)
    assert listed["properties"]["displayName"] == own.name
    assert listed["properties"]["resourceTypes"] == ["Microsoft.VirtualMachineImages"]


@pytest.mark.parametrize(
    ("name", "is_own"),
    [
        ("Azure VM Image Builder", True),
        ("azure vm  IMAGE builder", True),
        ("Azure VM Image Builder 2", False),
        ("", False),
    ],
)
def test_the_product_of_its_own_is_known_by_its_name(name: str, is_own: bool) -> None:
    assert load_support().is_own_product(name) is is_own


def test_severities_are_those_of_the_portal() -> None:
    assert [(s.id, s.letter) for s in load_support().severities] == [
        ("minimal", "C"),
        ("moderate", "B"),
        ("critical", "A"),
    ]


@pytest.mark.parametrize(
    ("entry", "area", "owner"),
    [
        ("vm-from-image-not-created", "image-in-use", "sysprep"),
        ("sysprep-app-package-blocks", "sysprep", "sysprep"),
        ("script-nonzero-exit", "scripts", "own-scripts"),
        ("avd-language-pack-failure", "scripts", "avd-scripts"),
        ("devops-operation-canceled", "pipeline", "azure-devops"),
        ("aci-quota-exceeded", "containers", "quota"),
        ("an-entry-of-tomorrow", "network", "network"),
        ("policy-violation", "policy-and-quota", "policy"),
        ("gateway-timeout-504", "service", None),
        ("build-timeout", "time", None),
        ("packer-build-failed", "scripts", None),
    ],
)
def test_owner_by_entry_then_area(entry: str, area: str, owner: str | None) -> None:
    found = load_support().find_owner(entry, area)
    assert (found.id if found else None) == owner


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("topic: Azure Features\n", "", "'topic' must be a text"),
        ("topic: Azure Features", "topics: Azure Features", "'topics' isn't known"),
        ("  - id: minimal", "  - id: tiny", "'id' is 'tiny'"),
        ("    service: 6f16735c-b0ae", "    service: 6F16735C-b0ae", "'service' must be a GUID in lower case"),
        ("  linux:\n", "  solaris:\n", "'solaris' isn't known"),
        ("  service: 8df50d5e", "  service: 8DF50D5E", "'service' must be a GUID in lower case"),
        ("  prefers: fail", "  prefers: Fail", "'prefers' must be in lower case"),
        ("    seen: 2024-05", "    seen: last year", "'seen' must be a year and month"),
        ("  - ids: service\n", "  - ids: topic\n", "says nothing about service"),
        ("portal:\n", "portal:\n  hosts: {}\n", "'hosts' isn't known"),
        ('filled: "{portal}', 'filled: "https://portal', "'filled' must begin with {portal}/"),
        ("Support/Parameters/{parameters}", "Support/Parameters/{text}", "hold {portal} and {parameters} once"),
        ("  contains: Image Builder", "  contains: Image Maker", "'Image Maker' isn't part of the name"),
        (
            "own_entries: [",
            "own_entries: [script-nonzero-exit, ",
            "'script-nonzero-exit' is already under 'own_entries'",
        ),
        ("areas: [pipeline]", "areas: [network]", "'network' is already under"),
        ("product_family: Azure", "product_family: [", "is not valid YAML"),
    ],
)
def test_a_fault_names_file_line_and_remedy(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "support.yaml"
    text = SUPPORT_PATH.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidSupportRoutingError, match=message) as raised:
        load_support(path)
    assert str(raised.value).startswith("support.yaml:")


ROUTING = load_support()
SUBSCRIPTION = "99999999-8888-7777-6666-555555555555"


@pytest.mark.parametrize("os", ["windows", "linux"])
def test_a_portal_link_holds_the_ids_of_the_product_and_the_topic(os: str) -> None:
    routing = load_support()
    url = routing.build_request_url(os, SUBSCRIPTION, "public")
    assert url.startswith("https://portal.azure.com/#create/Microsoft.Support/Parameters/%7B%22subId%22%3A%22")
    found = json.loads(unquote(url.rpartition("/")[2]))
    product = routing.products[os]
    assert found == {"subId": SUBSCRIPTION, "pesId": product.service, "supportTopicId": product.topic}
    assert "subId" not in unquote(routing.build_request_url(os, "", "public"))


def test_without_a_product_the_link_is_blank() -> None:
    routing = load_support()
    assert routing.build_request_url("", SUBSCRIPTION, "public") == "https://portal.azure.com/#create/Microsoft.Support"
    assert routing.build_blank_request_url("usgovernment") == "https://portal.azure.us/#create/Microsoft.Support"
    assert routing.build_request_url("linux", "", "usgovernment").startswith("https://portal.azure.us/#create/")


@given(os=st.text(), subscription=st.text())
def test_nothing_but_checked_ids_goes_into_a_link(os: str, subscription: str) -> None:
    for system in (os, "windows"):
        url = ROUTING.build_request_url(system, subscription, "public")
        assert urlsplit(url).netloc == "portal.azure.com"
        assert re.fullmatch(r"#create/Microsoft\.Support(/Parameters/[%\w-]+)?", f"#{urlsplit(url).fragment}")
        if system == "windows":
            ids = json.loads(unquote(url.rpartition("/")[2]))
            assert set(ids) <= {"subId", "pesId", "supportTopicId"}
            assert all(re.fullmatch(r"[0-9a-f-]{36}", value) for value in ids.values())
