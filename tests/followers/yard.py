"""A small yard for tests of what follows a message: a real database, people with names, a clock to step."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server import records
from server.followers.notifier import Notifier
from server.protocol.notifications import Counts, ListNotifications, Notification
from server.services.mentions import called_in
from server.services.notifications import Notifications
from server.storage import accounts, appending, conversations, followers, membership, messages, notifications, receipts
from server.storage.database import Database

START = 1_750_000_000_000


class SteppedClock:
    """A clock that stands until it is stepped."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> int:
        return self.time

    def step(self, ms: int) -> None:
        self.time += ms


class Yard:
    """People who talk, and a notifier that reads along when it is told to."""

    def __init__(self, place: Path | str) -> None:
        self.db = Database(place)
        self.facts: list[records.Fact] = []
        self.db.after_commit = self.facts.extend
        self.now = SteppedClock()
        self.notifier = Notifier(self.now)
        self.inbox = Notifications(self.db, self.now)
        self._sent = 0

    async def person(self, name: str) -> int:
        """A new account called ``name``; returns its id."""
        new = accounts.NewAccount(name.lower(), name, "person", None, self.now())
        return (await self.db.write(accounts.add, new)).id

    async def group(self, title: str, owner: int, *others: int) -> int:
        """A group; returns its id."""
        new = conversations.NewGroup(f"group-{title}-{owner}", title, others)
        return (await self.db.write(conversations.create_group, owner, new, self.now())).id

    async def direct(self, one: int, other: int) -> int:
        """The direct conversation of two; returns its id."""
        return (await self.db.write(conversations.open_direct, one, other, self.now())).id

    async def say(self, sender: int, conversation_id: int, text: str, reply_to: int | None = None) -> int:
        """One message; returns its ``seq``."""
        self._sent += 1
        called = called_in(text)
        draft = appending.Draft(
            conversation_id,
            f"message-{self._sent:06}",
            text,
            reply_to_seq=reply_to,
            names=called.names,
            everyone=called.everyone,
        )
        allow = (lambda *about: None, lambda *about: True)
        return (await self.db.write(appending.append_message, sender, draft, self.now(), *allow)).seq

    async def edit(self, sender: int, conversation_id: int, seq: int, text: str) -> None:
        called = called_in(text)
        draft = appending.Draft(conversation_id, "", text, names=called.names, everyone=called.everyone)
        arguments = (sender, conversation_id, seq, draft, self.now(), lambda *about: True, lambda *about: None)
        await self.db.write(messages.edit_message, *arguments)

    async def delete(self, sender: int, conversation_id: int, seq: int) -> None:
        allow = lambda *about: None  # noqa: E731
        await self.db.write(messages.delete_message, sender, conversation_id, seq, self.now(), allow)

    async def react(self, actor: int, conversation_id: int, seq: int, emoji: str, *, active: bool = True) -> None:
        allow = lambda *about: None  # noqa: E731
        await self.db.write(messages.set_reaction, actor, conversation_id, seq, emoji, active, self.now(), allow)

    async def read(self, reader: int, conversation_id: int, seq: int) -> None:
        await self.db.write(receipts.mark_read, reader, conversation_id, seq, self.now())

    async def prefer(self, account_id: int, conversation_id: int, **choices: Any) -> None:
        await self.db.write(conversations.set_preferences, account_id, conversation_id, choices)

    async def remove(self, conversation_id: int, actor: int, account_id: int) -> None:
        def work() -> None:
            conversation, member = membership.of(conversation_id, account_id)
            membership.remove(conversation, actor, member, self.now())

        await self.db.write(work)

    async def notify(self) -> None:
        """Lets the notifier read what is new, as its follower would."""

        def work() -> None:
            if entries := followers.waiting_for("notifier", 10_000):
                self.notifier.handle(entries)
                followers.move_to("notifier", entries[-1].position)

        await self.db.write(work)

    async def rows(self, account_id: int) -> list[Notification]:
        """Somebody's inbox, newest first."""
        return (await self.inbox.list(account_id, ListNotifications())).notifications

    async def row(self, account_id: int) -> Notification:
        """The only row of an inbox."""
        [row] = await self.rows(account_id)
        return row

    async def kinds(self, account_id: int) -> list[str]:
        """The types in somebody's inbox, without invitations, newest first."""
        return [row.type for row in await self.rows(account_id) if row.type != "invitation"]

    async def counts(self, account_id: int) -> Counts:
        return await self.inbox.counts(account_id)

    async def clear(self, *account_ids: int) -> None:
        """Empties inboxes of what setting up has put there, and forgets what was announced."""
        await self.notify()
        for account_id in account_ids:
            await self.db.write(notifications.mark_read_all, account_id, self.now())
            await self.db.write(notifications.archive_all_read, account_id, self.now())
        self.facts.clear()

    def announced(self, account_id: int) -> list[tuple[int, bool]]:
        """The changes of an inbox that other devices were told: number, and whether the row was new."""
        return [
            (fact.seq, fact.created)
            for fact in self.facts
            if isinstance(fact, records.NotificationChange) and fact.account_id == account_id
        ]


@pytest.fixture
async def yard(place: Path | str) -> AsyncIterator[Yard]:
    """A yard with an open database of either kind."""
    yard = Yard(place)
    await yard.db.open()
    yield yard
    await yard.db.close()
