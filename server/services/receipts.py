"""How far one has read, and how far one's devices have received."""

from __future__ import annotations

from server.clock import Now
from server.protocol import chat
from server.realtime.delivery import SMALL_CONVERSATION
from server.storage import receipts
from server.storage.database import Database


class Receipts:
    """The rules of marks: none goes back, and none beyond the newest entry."""

    def __init__(self, db: Database, now: Now) -> None:
        self._db = db
        self._now = now

    async def mark_read(self, account_id: int, command: chat.MarkRead) -> chat.ReadState:
        """Everything up to a place has been read."""
        return await self._db.write(receipts.mark_read, account_id, command.conversation_id, command.seq, self._now())

    async def mark_received(self, account_id: int, command: chat.MarkReceived) -> chat.ReadState:
        """Everything up to a place has come to a device; kept where everybody hears of everybody's marks."""
        return await self._db.write(
            receipts.mark_received, account_id, command.conversation_id, command.seq, SMALL_CONVERSATION
        )
