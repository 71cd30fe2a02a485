"""A DNS resolver that refuses private addresses, which anyone can publish for a public name (DNS rebinding)."""

from __future__ import annotations

import ipaddress
import socket

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.errors import BotError

_NAT64_NETWORK = ipaddress.ip_network("64:ff9b::/96")
"""NAT64 addresses, whose last 32 bits are an IPv4 address."""
_UNICAST_NETWORK = ipaddress.ip_network("2000::/3")
"""All IPv6 addresses of the internet. Others can carry a private IPv4 address, such as `::127.0.0.1`."""
_OTHER_PRIVATE_NETWORKS = (
    # what Azure's virtual machines find in each network: DNS, health probes, the agent's server
    ipaddress.ip_network("168.63.129.16/32"),
    # for documentation; Python knows this one since 3.13
    ipaddress.ip_network("3fff::/20"),
)


# an OSError too: that's what aiohttp expects of a resolver
class PrivateAddressError(BotError, OSError):
    """A host name resolves to an address that is not on the public internet."""


class PublicResolver(AbstractResolver):
    """A resolver that only returns public addresses.

    The connection must use these addresses: a second lookup could return others.
    """

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        """Create a resolver on top of `resolver`, by default the system's."""
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Resolve `host` to its addresses.

        Raises:
            PrivateAddressError: one of them is not public.
        """
        if self._resolver is None:
            self._resolver = ThreadedResolver()
        addresses = await self._resolver.resolve(host, port, family)
        if not all(is_public(address["host"]) for address in addresses):
            raise PrivateAddressError("The host name resolves to an address that is not public.")
        return addresses

    async def close(self) -> None:
        """Close the underlying resolver."""
        if self._resolver is not None:
            await self._resolver.close()


def is_public(address: str) -> bool:
    """Tell whether `address` is public. An IPv6 address that embeds an IPv4 address is judged by that one."""
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        embedded = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo or (None, None))[1]
        if parsed in _NAT64_NETWORK:
            embedded = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if embedded is not None:
            return is_public(str(embedded))
        if parsed not in _UNICAST_NETWORK:
            return False
    return (
        parsed.is_global
        and not parsed.is_multicast
        and not any(parsed in network for network in _OTHER_PRIVATE_NETWORKS)
    )
