"""Where the stores under test keep things, looked at from behind: a folder, and a part of a bucket."""

from __future__ import annotations

import time
from pathlib import Path

import obstore

from server.files.bucket import PART_BYTES, BucketStore
from server.files.disk import DiskStore
from server.services.files import Opened
from tests.s3_under_test import S3Server


class Clock:
    """The real time, and what has been added to it: what lies on a server cannot be made older."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


class DiskShelf:
    """A store in a folder."""

    holds_bytes = 0
    """What an upload has in memory before it goes on."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "files"
        self.clock = Clock()
        self.store: DiskStore | BucketStore = DiskStore(self.root, clock=self.clock)

    def another(self) -> DiskStore | BucketStore:
        """A second store on the same folder, as another worker has it."""
        return DiskStore(self.root, clock=self.clock)

    async def names(self) -> set[str]:
        """Everything that lies there, finished or not."""
        return {str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()}

    async def put(self, name: str, content: bytes) -> None:
        """Something that the store knows nothing of."""
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_bytes(content)

    async def clear(self) -> None:
        """All gets lost."""
        for name in await self.names():
            (self.root / name).unlink()


class BucketShelf(DiskShelf):
    """A store in a part of a bucket that is this test's own."""

    holds_bytes = 4 * PART_BYTES

    def __init__(self, s3: S3Server, folder: Path) -> None:
        super().__init__(folder)
        self.bucket = s3.bucket(f"{folder.name}-{time.monotonic_ns():x}")
        self.s3 = s3.connected(self.bucket)
        self._server = s3
        self.store = self.another()

    def another(self) -> BucketStore:
        """A second store on the same part, as another worker has it."""
        folder = self.root / "incoming"
        return BucketStore(self.bucket, self._server.credentials, folder, max_file_bytes=100_000_000, clock=self.clock)

    async def names(self) -> set[str]:
        """Also what is on its way: drafts on this machine, and uploads in parts that nobody completed."""
        return await super().names() | await self._server.everything(self.bucket.prefix)

    async def put(self, name: str, content: bytes) -> None:
        await obstore.put_async(self.s3, name, content)

    async def clear(self) -> None:
        await obstore.delete_async(self.s3, sorted(await self.names()))


async def bytes_of(opened: Opened) -> bytes:
    """All of them."""
    return b"".join([piece async for piece in opened.content.read(0, opened.content.size_bytes)])
