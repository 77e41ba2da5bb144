"""Those who see a person: told how reachable somebody is, what they show of themselves, and what they look like."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

import msgspec

from server import records
from server.clock import Now
from server.protocol import chat
from server.realtime.delivery import Sockets
from server.realtime.gathering import Gathering
from server.realtime.online import Connection, Online, Privacy
from server.realtime.rooms import CHAT, conversation_room, presence_room

PRESENCE_EVERY_S = 0.05
FACES_EVERY_S = 1.0
"""A new name goes to thousands, and costs as much as a message to all of them."""
LONGEST_WAIT_S = 3600.0

PresencesOf = Callable[[Mapping[int, int]], Awaitable[list[chat.Presence]]]


class Watchers:
    """Tells the connections of this worker; every worker hears of the same changes and tells its own.

    ``presences_of(gone_at)`` reads the presence of accounts, each with the time at which it has just gone, or 0. It
    is asked only for those whom somebody here watches.
    """

    def __init__(self, sockets: Sockets, online: Online, presences_of: PresencesOf, now: Now) -> None:
        self._sockets = sockets
        self._online = online
        self._presences_of = presences_of
        self._now = now
        self._presences: Gathering[int] = Gathering("presence", self._tell_presences, PRESENCE_EVERY_S)
        self._faces: Gathering[records.FaceChanged] = Gathering("new faces", self._tell_faces, FACES_EVERY_S)
        self._endings: dict[int, int] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def stop(self) -> None:
        """Tells nobody any more."""
        if self._timer:
            self._timer.cancel()
        await self._presences.stop()
        await self._faces.stop()

    async def watch(self, connection: Connection, account_ids: Iterable[int]) -> list[chat.Presence]:
        """From now on this connection hears of these accounts and of nobody else; their presence now."""
        watched = set(account_ids)
        await self._move(connection, watched, connection.privacy)
        # Read behind the joins: what changes in between is heard twice rather than never.
        found = await self._presences_of(dict.fromkeys(watched, 0)) if watched else []
        presences = [one for one in found if one.account_id in connection.watched]
        self._await_endings(presences)
        return [_without_last_seen(one) for one in presences] if connection.privacy.hides_last_seen else presences

    def changed(self, account_id: int, gone_at: int = 0) -> None:
        """Somebody is reachable in another way, or has gone at ``gone_at``."""
        if self._is_watched(account_id):
            self._presences.put(account_id, max(gone_at, self._presences.get(account_id) or 0))

    async def hear(self, fact: records.PersonFact) -> None:
        """A person has changed something about themselves."""
        match fact:
            case records.FaceChanged():
                self._faces.put(fact.account_id, fact)
            case records.StatusChanged():
                self.changed(fact.account_id)
            case records.PrivacyChanged():
                await self._hide(fact)

    async def _hide(self, fact: records.PrivacyChanged) -> None:
        privacy = Privacy(fact.version, fact.hides_last_seen, fact.hides_receipts)
        own = self._online.of_account(fact.account_id, CHAT)
        for connection in own:
            before = connection.privacy
            if self._online.set_privacy(connection, privacy):
                await self._move(connection, connection.watched, before)
        self.changed(fact.account_id)
        if fact.conversation_ids:
            body = chat.ReceiptsChanged(account_id=fact.account_id, shown=not fact.hides_receipts)
            rooms = [conversation_room(one) for one in fact.conversation_ids]
            skipped = [connection.sid for connection in own]
            await self._sockets.emit_here("receipts_changed", body, room=rooms, namespace=CHAT, skip_sid=skipped)

    async def _move(self, connection: Connection, watched: set[int], before: Privacy) -> None:
        """Into the rooms of ``watched``, out of all others that it entered under what it hid ``before``."""
        had = {presence_room(one, last_seen=not before.hides_last_seen) for one in connection.watched}
        has = {presence_room(one, last_seen=not connection.privacy.hides_last_seen) for one in watched}
        connection.watched = set(watched)
        for room in had - has:
            await self._sockets.leave_room(connection.sid, room, CHAT)
        for room in has - had:
            await self._sockets.enter_room(connection.sid, room, CHAT)

    async def _tell_presences(self, gone_at: dict[int, int]) -> None:
        presences = await self._presences_of(gone_at)
        self._await_endings(presences)
        for one in presences:
            rooms = _rooms(one.account_id)
            if one.last_seen_at is None:
                await self._sockets.emit_here("presence", one, room=rooms, namespace=CHAT)
                continue
            for room, shown in zip(rooms, (one, _without_last_seen(one)), strict=True):
                await self._sockets.emit_here("presence", shown, room=room, namespace=CHAT)

    async def _tell_faces(self, changed: dict[int, records.FaceChanged]) -> None:
        for fact in changed.values():
            rooms = [*_rooms(fact.account_id), *map(conversation_room, fact.conversation_ids)]
            body = {"account": msgspec.Raw(fact.account)}
            # Once to each connection, in however many of these rooms it is.
            await self._sockets.emit_here("person_changed", body, room=rooms, namespace=CHAT)

    def _is_watched(self, account_id: int) -> bool:
        return any(self._sockets.sids_in(room, CHAT) for room in _rooms(account_id))

    # What is over is told again: nothing is written for it, and nobody looks through everybody

    def _await_endings(self, presences: Iterable[chat.Presence]) -> None:
        for one in presences:
            if one.status and one.status.until is not None:
                self._endings[one.account_id] = one.status.until
            else:
                self._endings.pop(one.account_id, None)
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._endings:
            delay_s = max(0.0, (min(self._endings.values()) - self._now()) / 1000)
            self._timer = asyncio.get_running_loop().call_later(min(delay_s, LONGEST_WAIT_S), self._end)

    def _end(self) -> None:
        over = [account_id for account_id, until in self._endings.items() if until <= self._now()]
        for account_id in over:
            del self._endings[account_id]
            self.changed(account_id)
        self._await_endings(())


def _rooms(account_id: int) -> list[str]:
    """Of those who may know when somebody was here last, and of the others."""
    return [presence_room(account_id), presence_room(account_id, last_seen=False)]


def _without_last_seen(presence: chat.Presence) -> chat.Presence:
    return msgspec.structs.replace(presence, last_seen_at=None)
