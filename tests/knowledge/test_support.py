"""Where a request goes, and whose it is when it is not Image Builder's."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.support import SUPPORT, SupportInvalid, load_support


def test_the_path_is_the_documented_one_and_the_older_is_the_fallback() -> None:
    routing = load_support()
    assert routing.product_family == "Azure"
    assert routing.product("windows") == "Virtual Machine running Windows"
    assert routing.product("linux") == "Virtual Machine running Linux"
    assert routing.product("") is None
    assert (routing.path.topic, routing.path.subtopic) == ("Azure Features", "Azure Image Builder")
    assert (routing.fallback.topic, routing.fallback.subtopic) == ("Management", "Issues with Azure Image Builder")
    assert all(source.url.startswith("https://") for source in routing.sources)


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
    ],
)
def test_owner_by_entry_then_area(entry: str, area: str, owner: str | None) -> None:
    found = load_support().owner_of(entry, area)
    assert (found.id if found else None) == owner


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("topic: Azure Features\n", "", "'topic' must be a text"),
        ("topic: Azure Features", "topics: Azure Features", "'topics' is not known"),
        ("  - id: minimal", "  - id: tiny", "'id' is 'tiny'"),
        ("areas: [pipeline]", "areas: [network]", "'network' stands with"),
        ("product_family: Azure", "product_family: [", "is not valid YAML"),
    ],
)
def test_a_fault_names_file_line_and_remedy(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "support.yaml"
    whole = SUPPORT.read_text(encoding="utf-8")
    assert old in whole
    path.write_text(whole.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SupportInvalid, match=message) as raised:
        load_support(path)
    assert str(raised.value).startswith("support.yaml:")
