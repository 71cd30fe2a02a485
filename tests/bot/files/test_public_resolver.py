"""Host names resolve only to public addresses."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.files.public_resolver import PrivateAddressError, PublicResolver, is_public
from tests.bot.files.drive import Drive

NOT_PUBLIC = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1",
    "2002:7f00:1::", "64:ff9b::a00:1", "168.63.129.16", "::ffff:168.63.129.16", "::127.0.0.1", "::ffff:0:127.0.0.1",
    "::13.107.136.10", "64:ff9b:1::1", "64:ff9b:1:ffff::a00:1", "fec0::1", "5f00::1", "3fff::1", "100::1", "2001:db8::1",
    "64:ff9b::a83f:8110", "localhost", "", "13.107.136.10.example",
]  # fmt: skip


def test_what_is_no_address_of_the_internet() -> None:
    assert [address for address in NOT_PUBLIC if is_public(address)] == []


@pytest.mark.parametrize("address", ["13.107.136.10", "2620:1ec:8fa::10", "64:ff9b::d6b:880a", "::ffff:13.107.136.10"])
def test_what_is_one(address: str) -> None:
    assert is_public(address)


@given(some.ip_addresses(v=4))
def test_what_carries_an_address_is_as_public_as_that(carried: ipaddress.IPv4Address) -> None:
    for carrier in (f"::ffff:{carried}", f"64:ff9b::{int(carried) >> 16:x}:{int(carried) & 0xFFFF:x}"):
        assert is_public(carrier) == is_public(str(carried))


async def test_one_private_address_among_others_spoils_the_name() -> None:
    class Two(Drive):
        async def resolve(self, *args: object, **more: object) -> list:  # type: ignore[override, type-arg]
            return [*await Drive(address="13.107.136.10").resolve("x"), *await Drive(address="10.0.0.1").resolve("x")]

    assert await PublicResolver(Drive(address="13.107.136.10")).resolve("x")
    with pytest.raises(PrivateAddressError):
        await PublicResolver(Two()).resolve("x")
    unused = PublicResolver()
    await unused.close()


async def test_a_name_of_this_machine_is_refused_by_the_real_lookup() -> None:
    resolver = PublicResolver()
    with pytest.raises(PrivateAddressError):
        await resolver.resolve("localhost", 443)
    await resolver.close()
