"""Looks up names, and refuses those that lead into a private network: a name on the internet can be made to."""

from __future__ import annotations

import ipaddress
import socket

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

_NAT64_NETWORK = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses that carry one of IPv4 (NAT64)."""


class PrivateAddressError(OSError):
    """A name that was to be on the internet leads to an address that is not."""


class PublicResolver(AbstractResolver):
    """A resolver whose answers are addresses of the internet; `under` looks them up. What connects must use the very
    answer: a second lookup could give another.
    """

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of `host`.

        Raises:
            NotPublic: one of them is not of the internet.
        """
        if self._resolver is None:
            self._resolver = ThreadedResolver()
        found = await self._resolver.resolve(host, port, family)
        if not all(is_public(one["host"]) for one in found):
            raise PrivateAddressError("The name leads to an address that is not of the internet.")
        return found

    async def close(self) -> None:
        """Let go of what looks up."""
        if self._resolver is not None:
            await self._resolver.close()


def is_public(address: str) -> bool:
    """Whether `address` is one of the internet, and carries no other that is not."""
    try:
        found = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        carried = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if found in _NAT64_NETWORK:
            carried = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if carried is not None:
            return is_public(str(carried))
    return found.is_global and not found.is_multicast
