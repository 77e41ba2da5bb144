"""What fan-out reads from the database: the two do not know each other."""

from __future__ import annotations

from server.realtime.heads import Changed
from server.realtime.inboxes import ChangesAfter
from server.realtime.order import Log
from server.realtime.recovery import Gap
from server.realtime.streams import News, Reading
from server.realtime.sweep import Written
from server.storage import behind, heads, log, replay, streaming
from server.storage.database import Database


class Readings:
    """Reads of one database, in the words of ``realtime``."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.log = Log(
            missed=lambda *asked: db.read(behind.missed, *asked),
            members_among=lambda *asked: db.read(behind.members_among, *asked),
            between=lambda *asked: db.read(behind.between, *asked),
        )
        self.inbox: ChangesAfter = lambda *asked: db.read(replay.notifications_after, *asked)
        self.gap = Gap(entries=lambda *asked: db.read(replay.entries, *asked), notifications=self.inbox)
        self.streaming = Reading(news=self._news, inside=lambda account_id: db.read(replay.start, account_id))

    async def _news(self, *asked: *tuple[int, int, int, int, int, bool]) -> News:
        return News(*await self._db.read(streaming.news, *asked))

    async def newest(self) -> int:
        """The position of the newest entry."""
        return await self._db.read(log.last_position)

    async def written_since(self, position: int) -> Written:
        """For the sweep: what the log has got."""
        return Written(*await self._db.read(behind.since, position))

    async def changed_since(self, position: int, account_ids: list[int]) -> Changed:
        """For the beacon: what is new to these accounts."""
        return Changed(*await self._db.read(heads.changed_since, position, account_ids))
