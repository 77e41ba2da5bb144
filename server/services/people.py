"""Finding people, the public face of accounts, and what happened to one's own."""

from __future__ import annotations

import msgspec

from server.protocol import chat
from server.storage import accounts
from server.storage.database import Database

MAX_CHANGES = 150
"""Beyond that, loading everything anew is the shorter way, and a reply stays below its bound."""


class People:
    """Who is on this server, as any signed-in person may know it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def find(self, account_id: int, command: chat.FindPeople) -> chat.Accounts:
        """People whose name has a word that begins with the query, oneself left out."""
        found = await self._db.read(accounts.find_people, command.query.strip(), command.limit, account_id)
        return chat.Accounts(accounts=[accounts.public(person) for person in found])

    async def get(self, account_id: int, command: chat.GetAccounts) -> chat.Accounts:
        """The faces of accounts met by id; unknown ones are left out."""
        found = await self._db.read(accounts.get_many, command.account_ids)
        return chat.Accounts(accounts=[accounts.public(person) for person in found])

    async def changes(self, account_id: int, command: chat.FetchAccountChanges) -> chat.AccountChanges:
        """What happened to one's own account after a version one has seen."""
        found = await self._db.read(accounts.changes_after, account_id, command.after_version)
        changes, version, reload = found
        if reload or len(changes) > MAX_CHANGES:
            return chat.AccountChanges(changes=[], account_version=version, reload=True)
        shown = [
            # The very payload that the event had.
            chat.AccountChange(
                version=one.version,
                event=one.event,
                data={"account_version": one.version, **msgspec.json.decode(one.data)},
            )
            for one in changes
        ]
        return chat.AccountChanges(changes=shown, account_version=version, reload=False)
