"""Where a fetch for people may go: the open internet, and nowhere that only this machine can reach."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from aiohttp.abc import AbstractResolver, ResolveResult

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host and port, as text."""

# Protocol assignments and relays, which older versions of Python take for public.
_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
_UNICAST = IPv6Network("2000::/3")
# Those that hold another address, to which somebody on the way may translate them, and those of documents.
_CARRIERS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"), IPv6Network("3fff::/20"))


class Refused(OSError):
    """It leads where we do not go."""


def is_public(address: Address) -> bool:
    """Whether everybody on the internet means the same machine by it.

    False for private, loopback, link-local, shared, reserved and multicast ones, so also for a cloud's metadata
    service, and for IPv6 addresses that stand for an IPv4 one.
    """
    if address.is_multicast or not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL)
    return address in _UNICAST and not any(address in carrier for carrier in _CARRIERS)


async def resolve(host: str, port: int) -> list[str]:
    """What the system's resolver says."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[0]) for *_, place in found]


class GuardedResolver(AbstractResolver):
    """Resolves a host once for each connection, which then goes to one of these very addresses and no other.

    So a name that answers with another address the next time gains nothing. ``allowed`` is asked for each address;
    a host with a single one that is not allowed is refused.
    """

    def __init__(self, resolve: Resolve = resolve, allowed: Callable[[Address], bool] = is_public) -> None:
        self._resolve = resolve
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of ``host``, all of them allowed. Raises Refused."""
        addresses = [ipaddress.ip_address(one.partition("%")[0]) for one in await self._resolve(host, port)]
        if not addresses:
            raise Refused("This host has no address.")
        for address in addresses:
            self.check(address)
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in dict.fromkeys(addresses)
        ]

    def check(self, address: Address) -> None:
        """Raises Refused unless it is allowed."""
        if not self._allowed(address):
            raise Refused("This host has an address that is not of the open internet.")

    def check_literal(self, host: str) -> None:
        """The same for a host that is written as an address: no resolver is asked for it."""
        try:
            address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
        except ValueError:
            return
        self.check(address)

    async def close(self) -> None:
        """Nothing is kept open."""
