"""Where each worker listens, and asking it how it is: for whoever starts workers, and for whoever looks after them."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
from dataclasses import dataclass, replace
from pathlib import Path

from server.settings import Settings

BACKLOG = 128
LONGEST_SOCKET = 103
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where one worker listens: on a Unix socket, or else on a port."""

    worker: str
    host: str
    port: int
    socket: Path | None = None

    def __str__(self) -> str:
        return str(self.socket) if self.socket else f"{self.host} port {self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker says about itself; ``complaints`` are sentences."""

    ready: bool
    complaints: list[str]


def place_of(settings: Settings) -> Place:
    """Where this process listens."""
    name = settings.worker_name
    return Place(name, settings.host, settings.port, settings.socket_dir and settings.socket_dir / f"{name}.sock")


def places_of(settings: Settings) -> list[Place]:
    """Where all workers listen, w1 first; only this process, where it is one of them."""
    if settings.worker is not None:
        return [place_of(settings)]
    return [
        place_of(replace(settings, worker=f"w{number + 1}", port=settings.port + number))
        for number in range(settings.workers)
    ]


def listen(path: Path) -> socket.socket:
    """A socket that listens there; what a process that has ended left behind is replaced.

    Whoever may enter the folder may connect. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(0o666)
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def check_free(place: Place) -> None:
    """Raises OSError, EADDRINUSE for one, when nobody can listen there."""
    if place.socket:
        if _answers(place.socket):
            raise OSError(errno.EADDRINUSE, "something else uses it already")
        # What the system takes for the address of a socket, with its end.
        if len(os.fsencode(place.socket)) > LONGEST_SOCKET:
            raise OSError(errno.ENAMETOOLONG, f"the path has more than {LONGEST_SOCKET} bytes")
    elif place.port:
        _check_port(place.host, place.port)


def _check_port(host: str, port: int) -> None:
    if port > 65535:
        raise OSError(errno.EINVAL, "ports end at 65535")
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, kind, protocol, _, address in found:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(address)


async def ask(place: Place, timeout_s: float = 3.0) -> Answer | None:
    """What the worker answers at ``/readyz``; ``None`` when nobody answers in time."""
    try:
        async with asyncio.timeout(timeout_s):
            return await _ask(place)
    except (OSError, EOFError, ValueError, LookupError, TypeError):
        return None


async def _ask(place: Place) -> Answer:
    if place.socket:
        reader, writer = await asyncio.open_unix_connection(str(place.socket))
    else:
        reader, writer = await asyncio.open_connection(_EVERYWHERE.get(place.host, place.host), place.port)
    try:
        writer.write(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        head, _, body = (await reader.read(65536)).partition(b"\r\n\r\n")
        while not reader.at_eof():
            body += await reader.read(65536)
    finally:
        writer.close()
    if not head.startswith(b"HTTP/1."):
        raise ValueError("this is no HTTP server")
    said = json.loads(body)
    return Answer(bool(said["ready"]), [str(one) for one in said["complaints"]])


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(os.fspath(path))
        except OSError:
            return False
        return True
