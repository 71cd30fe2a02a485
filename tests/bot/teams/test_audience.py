"""Who the members of a conversation are: only people whom Teams names count as members of the organization."""

from __future__ import annotations

from typing import Any

import pytest

from bot.teams.audience import judge_members
from bot.turns.channel import Audience
from dialogs.model.turn import Person

ADA = Person("7C9E6679-7425-40de-944b-e07fc1f90ae7", "29:ada")
OWN = {"id": "29:ada", "tenantId": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "userRole": "user"}


def other(**more: Any) -> dict[str, Any]:
    return {**OWN, "id": "29:bob", **more}


@pytest.mark.parametrize(
    ("members", "audience"),
    [
        ([OWN], "own"),
        ([OWN, other(userRole="Owner")], "own"),
        ([OWN, {"id": "28:bot", "name": "Image Medic"}], "own"),
        ([OWN, other(userRole="guest")], "guests"),
        ([OWN, other(userRole="ANONYMOUS", tenantId=None)], "guests"),
        ([OWN, other(tenantId="4f1c0a52-8d3e-4b7a-9c61-2e5d7f80b394")], "guests"),
        ([OWN, other(userRole=None), other(userRole="guest")], "guests"),
        ([OWN, other(userRole=None)], "unclear"),
        ([OWN, other(userRole="skypeUser")], "unclear"),
        ([OWN, other(tenantId="")], "unclear"),
        ([OWN, other(tenantId=["x"])], "unclear"),
        ([OWN, None, 7, "29:eve"], "unclear"),
        ([OWN, {}], "unclear"),
        ([other()], "unclear"),
        ([], "unclear"),
        ([{**OWN, "userRole": "guest"}], "guests"),
    ],
)
def test_the_worst_member_decides(members: list[Any], audience: Audience) -> None:
    assert judge_members(members, ADA) == audience
    assert judge_members(members[::-1], ADA) == audience


def test_a_person_of_an_unknown_tenant_has_no_organization() -> None:
    assert judge_members([OWN], Person("", "29:ada")) == "unclear"
