"""Finding people, the public face of accounts, and what happened to one's own."""

from __future__ import annotations

import msgspec

from server.protocol import chat
from server.storage import accounts, views
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
        return await self._db.read(_changes, account_id, command.after_version)


def _changes(account_id: int, after_version: int) -> chat.AccountChanges:
    changes, version, reload = accounts.changes_after(account_id, after_version)
    if reload or len(changes) > MAX_CHANGES:
        return chat.AccountChanges(changes=[], account_version=version, reload=True)
    payloads = [msgspec.json.decode(one.data) for one in changes]
    added = {payload["conversation"]["id"] for payload in payloads if "conversation" in payload}
    # As they are now: what was the last message then may have been deleted. Of those one has left again, it is
    # enough that they were there.
    current = {view.id: view for view in views.views(account_id, sorted(added))} if added else {}
    shown = []
    for one, payload in zip(changes, payloads, strict=True):
        if "conversation" in payload:
            payload["conversation"] = current.get(payload["conversation"]["id"], payload["conversation"])
        shown.append(
            chat.AccountChange(version=one.version, event=one.event, data={"account_version": one.version, **payload})
        )
    return chat.AccountChanges(changes=shown, account_version=version, reload=False)
