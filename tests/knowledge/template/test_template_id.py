"""A template's id: from a resource id, from a button, from facts; and queries that know only a part of it."""

from __future__ import annotations

import pytest

from knowledge.template.template_id import TemplateId, TemplateQuery

SUBSCRIPTION = "4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394"
GOLDEN = TemplateId(SUBSCRIPTION, "rg-images", "win11-golden")
PREFIX = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"
TYPE = "providers/Microsoft.VirtualMachineImages/imageTemplates"


@pytest.mark.parametrize(
    "resource_id",
    [
        f"{PREFIX}/rg-images/{TYPE}/win11-golden",
        f"{PREFIX}/rg-images/{TYPE}/win11-golden/",
        f"{PREFIX.lower()}/rg-images/{TYPE.lower()}/win11-golden",
        f"{PREFIX.upper()}/rg-images/{TYPE.upper()}/win11-golden",
    ],
)
def test_a_resource_id_is_read_in_any_case(resource_id: str) -> None:
    assert TemplateId.parse(resource_id) == GOLDEN
    assert TemplateId.parse(GOLDEN.to_resource_id()) == GOLDEN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "win11-golden",
        f"{PREFIX}/rg-images",
        f"{PREFIX}/rg-images/{TYPE}/",
        f"{PREFIX}/rg-images/{TYPE}/win11-golden/runOutputs/out",
        f"{PREFIX}/rg-images/{TYPE}/win11-golden\n",
        f" {PREFIX}/rg-images/{TYPE}/win11-golden",
        f"{PREFIX}/rg.images./{TYPE}/win11-golden",
        f"{PREFIX}/../{TYPE}/win11-golden",
        f"{PREFIX}/rg-images/{TYPE}/win11 golden",
        f"/subscriptions/1/resourceGroups/rg-images/{TYPE}/win11-golden",
        f"{PREFIX}/rg-images/providers/Microsoft.Compute/images/win11-golden",
        f"{PREFIX}/\ud800/{TYPE}/win11-golden",
    ],
)
def test_any_other_text_is_no_resource_id(text: str) -> None:
    assert TemplateId.parse(text) is None


def test_the_arguments_of_buttons_keep_their_keys() -> None:
    assert GOLDEN.to_args() == {"sub": SUBSCRIPTION, "rg": "rg-images", "name": "win11-golden"}
    assert TemplateId.from_args({**GOLDEN.to_args(), "size": 3}) == GOLDEN
    assert TemplateQuery.for_template(GOLDEN).to_args() == GOLDEN.to_args()
    assert TemplateQuery("win11-golden").to_args() == {"sub": "", "rg": "", "name": "win11-golden"}


@pytest.mark.parametrize("args", [{}, {"sub": 1, "rg": None, "name": ["x"]}, {**GOLDEN.to_args(), "rg": "a;b"}])
def test_arguments_that_name_no_template(args: dict[str, object]) -> None:
    assert TemplateId.from_args(args) is None


def test_names_that_azure_does_not_allow_are_left_out() -> None:
    hostile = {
        "name": "$(rm -rf)",
        "resource_group": "a;b",
        "subscription": "1",
        "staging_group": "a\nb",
        "account": "A B",
    }
    assert TemplateQuery.from_names(**hostile) == TemplateQuery()
    assert TemplateQuery.from_args({"sub": 1, "rg": None, "name": ["x"]}) == TemplateQuery()


def test_facts_give_a_query_and_a_query_gives_facts() -> None:
    query = TemplateQuery("t_1", "rg", SUBSCRIPTION, "IT_rg_1", "xkzlyccln2x4qrzk8r60s8oc")
    assert TemplateQuery.from_facts(query.to_facts()) == query
    assert TemplateQuery("t_1").to_facts() == {"template": "t_1"}
    assert TemplateQuery.for_template(GOLDEN).to_facts() == GOLDEN.to_facts()
    assert TemplateQuery.from_facts({"staging_resource_group": f"{PREFIX}/IT_rg_1/"}).staging_group == "IT_rg_1"


def test_only_a_full_query_identifies_a_template() -> None:
    assert TemplateQuery.for_template(GOLDEN).template_id == GOLDEN
    assert TemplateQuery("win11-golden", "rg-images").template_id is None


@pytest.mark.parametrize(
    ("region", "portal"),
    [
        ("westeurope", "https://portal.azure.com/#resource/subscriptions/"),
        ("", "https://portal.azure.com/#resource/subscriptions/"),
        ("usgovvirginia", "https://portal.azure.us/#resource/subscriptions/"),
    ],
)
def test_a_template_is_in_the_portal_of_its_cloud(region: str, portal: str) -> None:
    url = GOLDEN.build_portal_url(region)
    assert url.startswith(portal)
    assert url.endswith("/imageTemplates/win11-golden/overview")
