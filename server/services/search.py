"""Looking for messages: what may be asked, and how a page ends."""

from __future__ import annotations

from server.clock import Now
from server.errors import Invalid
from server.protocol import chat
from server.services import cursors
from server.storage.database import Database
from server.storage.search import searching
from server.storage.search.queries import Phrase, phrases


class Search:
    """What somebody finds among the messages that they may see at this moment."""

    def __init__(self, db: Database, now: Now) -> None:
        self._db = db
        self._now = now

    async def messages(self, account_id: int, command: chat.SearchMessages) -> chat.SearchPage:
        """A page of hits. Raises Invalid when nothing is looked for, NotFound for a conversation of others."""
        asked = searching.Search(
            account_id=account_id,
            phrases=_phrases(command),
            conversation_id=command.conversation_id,
            from_id=command.from_id,
            after=command.after,
            before=command.before,
            has=command.has,
            best_first=command.order == "best",
            limit=command.limit,
            now=self._now(),
        )
        cursor = cursors.read(command.cursor, searching.START)
        hits, next_cursor, complete = await self._db.read(searching.search, asked, cursor)
        return chat.SearchPage(
            hits=hits, complete=complete, cursor=cursors.written(*next_cursor) if next_cursor else None
        )


def _phrases(command: chat.SearchMessages) -> list[Phrase]:
    found = phrases(command.query)
    if not found and command.query.strip():
        raise Invalid("There is no letter, digit or picture in the query that could be looked for.", field="query")
    filters = (command.conversation_id, command.from_id, command.after, command.before, command.has)
    if not found and all(one is None for one in filters):
        raise Invalid("Say what to look for, or name a filter.", field="query")
    return found
