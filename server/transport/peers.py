"""Where a request comes from, behind proxies or not."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from aiohttp import web

from server.settings import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")
_LOOPBACK = ipaddress.IPv4Address("127.0.0.1")
_BY_UNIX_SOCKET = ""
"""What aiohttp says of whoever came by a Unix socket: nothing."""


class Peers:
    """Believes ``X-Forwarded-For`` of the trusted proxies only; anybody else could write anything there.

    Who comes by a Unix socket is trusted: the folder that it lies in says who may, and that is the proxy.
    """

    def __init__(self, trusted: Sequence[Network] = ()) -> None:
        self._trusted = tuple(trusted)

    def of(self, request: web.Request) -> str:
        """The address of whoever sent this request."""
        return self.resolve(request.remote, ",".join(request.headers.getall("X-Forwarded-For", [])))

    def resolve(self, remote: str | None, forwarded_for: str | None) -> str:
        """The peer's address: the socket's, or the last in the header that is no trusted proxy."""
        by_unix_socket = remote == _BY_UNIX_SOCKET
        peer = _LOOPBACK if by_unix_socket else _address(remote or "")
        for text in reversed((forwarded_for or "").split(",")):
            if peer is None or not (by_unix_socket or self._trusts(peer)):
                break
            # A proxy that writes no address: the last one that is known stands.
            if (before := _address(text)) is None:
                break
            peer, by_unix_socket = before, False
        return str(peer) if peer else remote or "unknown"

    def is_here(self, request: web.Request) -> bool:
        """Whether it comes from this very machine, and not through a proxy that runs on it."""
        peer = _address(self.of(request))
        if peer is None or not peer.is_loopback:
            return False
        return not any(name in request.headers for name in _FORWARDED)

    def passed_on(self, request: web.Request) -> bool:
        """Whether a trusted proxy passed it on for somebody."""
        peer = _address(request.remote or "")
        trusted = request.remote == _BY_UNIX_SOCKET or (peer is not None and self._trusts(peer))
        return trusted and "X-Forwarded-For" in request.headers

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _address(text: str) -> Address | None:
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address
