"""How far one has read."""

from __future__ import annotations

from server.clock import Now
from server.protocol import chat
from server.storage import receipts
from server.storage.database import Database


class Receipts:
    """The rules of read marks."""

    def __init__(self, db: Database, now: Now) -> None:
        self._db = db
        self._now = now

    async def mark_read(self, account_id: int, command: chat.MarkRead) -> chat.ReadState:
        """Everything up to a place has been read; a mark never goes back."""
        return await self._db.write(receipts.mark_read, account_id, command.conversation_id, command.seq, self._now())
