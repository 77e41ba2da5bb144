"""A small world for files: a store, people, and a conversation whose messages carry files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any

from server.files.store import Store
from server.files.thumbnails import Thumbnails
from server.protocol import chat
from server.services.files import Files
from server.storage import files
from server.storage.database import Database
from server.storage.models import Conversation, Membership, Message
from tests.fakes import SteppedClock

MAX_FILE_BYTES = 40_000_000


def make_files(db: Database, store: Store, clock: SteppedClock, **options: int | None) -> Files:
    """The service over a store."""
    limits: dict[str, Any] = {"max_file_bytes": MAX_FILE_BYTES, **options}
    return Files(db, store, Thumbnails(), clock, **limits)


async def chunks(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    """The content as a client would send it."""
    for at in range(0, len(content), size):
        yield content[at : at + size]


class Talk:
    """A group: who belongs, and messages that carry files."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._seq = 0

    async def begin(self, members: Iterable[int]) -> Talk:
        """Make the group with these members."""

        def make() -> int:
            row = Conversation.create(kind="group", created_by=1, rules="{}", created_at=0, last_active_at=0)
            return int(row.id)

        self.id = await self._db.write(make)
        for account_id in members:
            await self.add(account_id)
        return self

    async def add(self, account_id: int, history_from_seq: int = 1) -> None:
        """A new member, who sees the history from there on."""

        def make() -> None:
            Membership.create(
                conversation_id=self.id,
                account_id=account_id,
                role="member",
                joined_at=0,
                history_from_seq=history_from_seq,
            )

        await self._db.write(make)

    async def remove(self, account_id: int) -> None:
        """A member goes."""

        def leave() -> None:
            Membership.delete().where(Membership.account_id == account_id).execute()

        await self._db.write(leave)

    async def send(self, sender_id: int, *sent: chat.File) -> int:
        """A message with these files; returns its seq."""
        self._seq += 1
        seq = self._seq

        def append() -> None:
            Message.create(
                conversation_id=self.id,
                seq=seq,
                sender_id=sender_id,
                client_id=f"message-{self.id}-{seq}",
                sent_at=0,
                text="",
                changed_seq=seq,
                file_count=len(sent),
            )
            files.attach([file.id for file in sent], sender_id, self.id, seq)

        await self._db.write(append)
        return seq

    async def delete(self, seq: int) -> list[str]:
        """The message goes; returns the keys whose bytes may go."""

        def erase() -> list[str]:
            Message.update(deleted_at=1).where(Message.conversation_id == self.id, Message.seq == seq).execute()
            return files.release(self.id, seq)

        return await self._db.write(erase)
