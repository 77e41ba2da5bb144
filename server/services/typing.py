"""Typing lines: told to the others of a conversation, and forgotten by themselves."""

from __future__ import annotations

from server.clock import Now
from server.protocol import chat
from server.services import policy
from server.settings import DirectMessages
from server.storage import membership
from server.storage.database import Database

EXPIRES_MS = 6000
EVERY_MS = 3000
_REMEMBERED = 10_000


class Typing:
    """The rules of typing: whoever may write, one line in three seconds. ``direct_messages``: who may to whom."""

    def __init__(self, db: Database, now: Now, direct_messages: DirectMessages = "everyone") -> None:
        self._db = db
        self._now = now
        self._may_reach = policy.may_reach(direct_messages)
        self._told: dict[tuple[int, int], int] = {}

    async def start(self, account_id: int, conversation_id: int) -> chat.Typing | None:
        """What to tell the others; nothing when they were told a moment ago."""
        conversation, _ = await self._db.read(membership.of, conversation_id, account_id)
        self._may_reach(conversation.direct_state)
        now = self._now()
        key = (conversation_id, account_id)
        if now - self._told.get(key, 0) < EVERY_MS:
            return None
        if len(self._told) >= _REMEMBERED:
            self._told = {one: at for one, at in self._told.items() if now - at < EVERY_MS}
        self._told[key] = now
        return chat.Typing(conversation_id=conversation_id, account_id=account_id, until=now + EXPIRES_MS)

    async def stop(self, account_id: int, conversation_id: int) -> chat.Typing:
        """What to tell the others."""
        await self._db.read(membership.of, conversation_id, account_id)
        self._told.pop((conversation_id, account_id), None)
        return chat.Typing(conversation_id=conversation_id, account_id=account_id, until=0)
