"""Who is there: told to those who may see it, remembered as last seen."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from server.clock import Now
from server.errors import ChatError
from server.protocol import chat
from server.realtime.everywhere import Everywhere
from server.storage import accounts, contacts, membership
from server.storage.database import Database


class Presence:
    """The rules of presence: contacts, and people who share a conversation, see each other's.

    Nobody does between whom there is a block.
    """

    def __init__(self, db: Database, everywhere: Everywhere, now: Now) -> None:
        self._db = db
        self._everywhere = everywhere
        self._now = now

    async def visible(self, account_id: int, wanted: Iterable[int]) -> list[chat.Presence]:
        """The presence of those of ``wanted`` whom somebody may see."""
        ids = list(dict.fromkeys(wanted))
        return await self._db.read(self._visible, account_id, ids)

    def _visible(self, account_id: int, ids: list[int]) -> list[chat.Presence]:
        if not ids:
            return []
        known = membership.share_a_conversation(account_id, ids) | contacts.contacts_among(account_id, ids)
        seen = known - contacts.kept_apart(account_id, ids) | ({account_id} & set(ids))
        return [self._told(person.id, person.last_seen_at) for person in accounts.get_many(seen)]

    async def changed(self, account_id: int, *, remember: bool) -> chat.Presence:
        """What to tell others now; ``remember`` somebody who goes as last seen."""
        last_seen_at = self._now()
        if remember:
            # Others hear of it even when the database is busy: the time is worth less than the news.
            with contextlib.suppress(ChatError):
                await self._db.write(accounts.set_last_seen, account_id, last_seen_at)
        return self._told(account_id, last_seen_at)

    def _told(self, account_id: int, last_seen_at: int | None) -> chat.Presence:
        state = self._everywhere.state(account_id)
        return chat.Presence(
            account_id=account_id, state=state, last_seen_at=last_seen_at if state == "offline" else None
        )
