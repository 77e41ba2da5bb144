"""What a store of files does, wherever the bytes lie: ``disk`` has one in a folder, ``bucket`` one on an S3 server.

A file is there whole, or not at all, under a random key that nobody chose. What a store cannot do just now it
says as ``Unavailable``.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from server.errors import Invalid

_KEY = re.compile(r"[0-9a-f]{32}")
_THUMBNAIL = ".thumbnail"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that has its place now."""

    key: str
    size_bytes: int


class Upload(Protocol):
    """A file on its way in."""

    @property
    def size_bytes(self) -> int:
        """How much was written so far."""

    @property
    def path(self) -> Path:
        """Where it lies on this machine meanwhile, to be read and edited; only of an upload that is ``local``."""

    async def write(self, block: bytes | bytearray) -> None:
        """Append ``block``."""

    async def keep(self, thumbnail: bytes | None = None) -> Kept:
        """Put the file in its place; when this returns, it survives a power cut here."""


class Partials(Protocol):
    """Uploads that come in several goes, each under a key. Any process on the same store can take the next one.

    What has come in says itself how much it is. Nobody holds such an upload: after a cut that a server has not
    noticed yet, whoever comes later goes on with it, and what the first one still writes does no harm.
    """

    async def size(self, key: str, whole_bytes: int) -> int:
        """How much is here of ``whole_bytes``; 0 when nothing has come in, or all has been lost."""

    def append(self, key: str, at: int) -> AbstractAsyncContextManager[Appending]:
        """To write behind the first ``at`` bytes. What has been written stays at the end, however that is reached.

        Raises WrongOffset when not so much is here, or more.
        """

    async def head(self, key: str, size_bytes: int) -> bytes:
        """So much of the beginning, or all there is."""

    def whole(self, key: str, *, local: bool) -> AbstractAsyncContextManager[Upload]:
        """All of it, to be kept as a file: see ``Store.upload``. What is not kept can be tried again.

        Raises Busy while another process does so.
        """

    async def remove(self, key: str) -> None:
        """Let go of it; it is no harm if there is nothing."""


class Appending(Protocol):
    """Where an upload goes on."""

    async def write(self, block: bytes | bytearray) -> None:
        """Append ``block``. May raise WrongOffset when somebody else has gone on with it meanwhile."""


class WrongOffset(Invalid):
    """The upload goes on at another place than the client believes: it asks, and goes on there."""

    http_status = 409

    def __init__(self) -> None:
        super().__init__("The upload does not go on there. Ask how much of it is here.", field="Upload-Offset")


class Content(Protocol):
    """Stored bytes, ready to be given out."""

    @property
    def name(self) -> str:
        """Their place within the store: two letters, a slash, the key."""

    @property
    def path(self) -> Path | None:
        """Where they lie on this machine; None when they have to be fetched."""

    @property
    def size_bytes(self) -> int: ...

    @property
    def modified_at(self) -> int:
        """UTC seconds."""

    @property
    def etag(self) -> str:
        """What stands for these very bytes, without quotation marks."""

    def read(self, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from ``start`` up to ``stop``, in pieces. Raises Unavailable, in the middle too."""


class Store(Protocol):
    """Files by their keys."""

    @property
    def partials(self) -> Partials:
        """What comes in several goes."""

    def upload(self, *, local: bool) -> AbstractAsyncContextManager[Upload]:
        """A new file to write to; ``keep`` it, or nothing of it is left at the end.

        ``local``: it will be looked at and edited before it is kept, and so lies on this machine until then.
        """

    async def find(self, key: str, *, thumbnail: bool = False) -> Content | None:
        """The bytes of ``key``, or those of its thumbnail; None when there are none."""

    async def remove(self, key: str) -> None:
        """Delete the bytes and the thumbnail; it is no harm if they are gone already."""

    async def remove_abandoned(self, older_than_s: float) -> int:
        """Delete uploads that a crash left behind; returns how many."""

    def old_keys(self, older_than_s: float) -> AsyncIterator[list[str]]:
        """The keys of all files that have lain here for so long, some at a time. One may come twice."""

    async def check(self) -> None:
        """Raises Unavailable with a sentence when files cannot be stored here now."""


def new_key() -> str:
    """A key that nobody can guess."""
    return secrets.token_hex(16)


def place_of(key: str, *, thumbnail: bool = False) -> str:
    """Where ``key`` lies within any store: spread over 256 folders by its beginning.

    The same everywhere, so that a folder can be copied into a bucket as it is.
    """
    return f"{key[:2]}/{key}{_THUMBNAIL if thumbnail else ''}"


def key_of(place: str) -> str | None:
    """The key that lies at ``place``, or whose thumbnail does; None when it is something else."""
    folder, _, name = place.rpartition("/")
    key = name.removesuffix(_THUMBNAIL)
    return key if _KEY.fullmatch(key) and folder == key[:2] else None
