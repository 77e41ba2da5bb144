"""How reachable people are and what they show of themselves: read for those who may see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from server import records
from server.clock import Now
from server.errors import Invalid
from server.protocol import chat
from server.realtime.everywhere import Everywhere
from server.services import emoji, names
from server.storage import accounts, contacts, membership, people
from server.storage.database import Database


class Presence:
    """The rules of presence: contacts, and people who share a conversation, see each other's.

    Nobody does between whom there is a block.
    """

    def __init__(self, db: Database, everywhere: Everywhere, now: Now) -> None:
        self._db = db
        self._everywhere = everywhere
        self._now = now

    async def seen_by(self, account_id: int, wanted: Iterable[int]) -> set[int]:
        """Those of ``wanted`` whose presence somebody may see."""
        ids = list(dict.fromkeys(wanted))
        return await self._db.read(_seen_by, account_id, ids) if ids else set()

    async def of(self, gone_at: Mapping[int, int]) -> list[chat.Presence]:
        """The presence of people, by account; when they have just gone, which nobody may have written down yet."""
        found = await self._db.read(accounts.get_many, gone_at)
        now = self._now()
        return [self._shown(person, gone_at[person.id], now) for person in found]

    async def remember(self, account_id: int, at: int) -> None:
        """Writes down that somebody was here until then."""
        await self._db.write(accounts.set_last_seen, account_id, at)

    async def set_status(self, account_id: int, command: chat.SetStatus) -> chat.OwnAccount:
        """What somebody shows from now on. Raises Invalid for ``text``, ``emoji`` or ``until``."""
        now = self._now()
        text = names.clean(command.text, "text") if command.text.strip() else ""
        if command.emoji:
            emoji.check(command.emoji, "What stands before a status")
        if command.until is not None and command.until <= now:
            raise Invalid("This time is over already.", field="until")
        shown = chat.Status(text=text, emoji=command.emoji, availability=command.availability, until=command.until)
        return await self._db.write(people.set_status, account_id, shown, now)

    def _shown(self, account: records.Account, gone_at: int, now: int) -> chat.Presence:
        status = people.status(account, now)
        reach = self._everywhere.state(account.id)
        chosen = status.availability if status else "auto"
        state: chat.Availability = reach if reach == "offline" or chosen == "auto" else chosen
        last_seen_at = max(gone_at, account.last_seen_at or 0) or None
        return chat.Presence(
            account_id=account.id,
            state=state,
            last_seen_at=last_seen_at if state == "offline" and not account.hides_last_seen else None,
            status=status,
        )


def _seen_by(account_id: int, ids: list[int]) -> set[int]:
    known = membership.share_a_conversation(account_id, ids) | contacts.contacts_among(account_id, ids)
    return known - contacts.kept_apart(account_id, ids) | ({account_id} & set(ids))
