"""What Azure allows as a name, with the limits of each kind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from knowledge.azure_names import (
    get_last_segment,
    is_assigned_guid,
    is_guid,
    is_resource_group_name,
    is_storage_account_name,
    is_task_template_name,
    is_template_name,
    parse_resource_group_id,
)

GUID = "4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394"


@pytest.mark.parametrize(
    ("is_valid", "names"),
    [
        (is_guid, (GUID, GUID.upper(), "00000000-0000-0000-0000-000000000000")),
        (is_assigned_guid, (GUID, "00000003-0000-0000-c000-000000000000", "00000000-0000-4000-8000-000000000001")),
        (is_resource_group_name, ("rg", "r" * 90, "-rg_(1)", "gruppo-é")),
        (is_template_name, ("t", "t" * 64, "My.template_1-", "_")),
        (is_storage_account_name, ("abc", "a1" * 12)),
    ],
)
def test_names_that_azure_allows(is_valid: Callable[[str], bool], names: tuple[str, ...]) -> None:
    assert [name for name in names if not is_valid(name)] == []


@pytest.mark.parametrize(
    ("is_valid", "names"),
    [
        (
            is_guid,
            ("", GUID[:-1], GUID + "0", GUID + "\n", f"{{{GUID}}}", GUID.replace("4", "g"), GUID.replace("-", "")),
        ),
        (is_guid, ("４" + GUID[1:], "\ud800" + GUID[1:])),
        (is_assigned_guid, ("00000000-0000-0000-0000-000000000000", "00000000-0000-0000-66f3-3332eca7ea81", "x")),
        (is_resource_group_name, ("", "r" * 91, "rg.", "r g", "rg/x", "rg\n", "rg'", "\ud800")),
        (is_template_name, ("", "t" * 65, "t.", "t t", "t/x", "t\n", "é", "t(1)", "\ud800")),
        (is_storage_account_name, ("ab", "a" * 25, "Abc", "a-b", "abc\n", "４bc", "\ud800bc")),
    ],
)
def test_names_that_azure_does_not_allow(is_valid: Callable[[str], bool], names: tuple[str, ...]) -> None:
    assert [name for name in names if is_valid(name)] == []


@pytest.mark.parametrize(
    "path", ["IT_1", "/subscriptions/s/resourceGroups/IT_1", "subscriptions/s/resourceGroups/IT_1/"]
)
def test_the_last_segment(path: str) -> None:
    assert get_last_segment(path) == "IT_1"


def test_the_id_of_a_resource_group() -> None:
    assert parse_resource_group_id(f"/subscriptions/{GUID.upper()}/resourcegroups/rg_(1)/") == (GUID, "rg_(1)")
    for text in ("/subscriptions/x/resourceGroups/rg", f"/subscriptions/{GUID}/resourceGroups/rg.", f"/{GUID}/rg", ""):
        assert parse_resource_group_id(text) is None
    assert parse_resource_group_id(f"/subscriptions/{GUID}/resourceGroups/rg/providers/x") is None
    assert parse_resource_group_id(f"/sub\u017fcriptions/{GUID}/resourceGroups/rg") is None


@pytest.mark.parametrize(
    ("name", "is_of_task"),
    [
        ("t_1556938436123", True),
        ("t_undefinedundefined_1607712345678", True),
        ("t_golden", False),
        ("t_2", False),
        ("win_t_1556938436123", False),
        ("t_1556938436123-2", False),
        ("", False),
    ],
)
def test_the_name_of_a_template_that_a_pipeline_task_made(name: str, is_of_task: bool) -> None:
    assert is_task_template_name(name) == is_of_task
