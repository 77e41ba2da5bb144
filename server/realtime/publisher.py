"""What a commit announced goes out to everybody it concerns, in commit order, off the request path."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from server import records
from server.protocol import chat
from server.realtime.online import Online
from server.realtime.rooms import CHAT, NOTIFICATIONS, account_room, conversation_room

SMALL_CONVERSATION = 20
"""Up to so many members, everybody hears of everybody's read marks."""

COUNTED_AT_ONCE = 500
_MOVES = ("member_added", "member_removed")
_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode


CountsOf = Callable[[Collection[int]], Awaitable[Mapping[int, msgspec.Struct]]]


class Sockets(Protocol):
    """What the publisher needs of the Socket.IO server."""

    async def emit(
        self, event: str, data: Any, *, room: str, namespace: str, skip_sid: list[str] | None = None
    ) -> None:
        """Sends an event to a room."""

    async def enter_room(self, sid: str, room: str, namespace: str) -> None:
        """Puts a connection into a room."""

    async def leave_room(self, sid: str, room: str, namespace: str) -> None:
        """Takes a connection out of a room."""

    async def end_connection(self, sid: str, namespace: str) -> None:
        """Says goodbye and closes the transport."""


class Publisher:
    """Turns facts into events.

    ``publish`` is called after each commit and never waits. ``counts_of(account_ids)`` reads what the
    bells show; ``wake`` is called when the log has grown, so that followers look.
    """

    def __init__(self, sockets: Sockets, online: Online, counts_of: CountsOf) -> None:
        self._sockets = sockets
        self._online = online
        self._epoch = ""
        self._counts_of = counts_of
        self._waiting: deque[records.Fact] = deque()
        self._more = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None
        self._changed_inboxes: set[int] = set()
        self._counting: asyncio.Task[None] | None = None
        self.wake: list[Callable[[], None]] = []
        self.on_published: Callable[[int], None] = lambda count: None

    def start(self, epoch: str) -> None:
        """Begins to deliver; ``epoch`` is the head of every offset."""
        self._epoch = epoch
        self._task = asyncio.create_task(self._run(), name="publisher")

    async def stop(self) -> None:
        """Delivers what waits, then ends."""
        if self._task is None:
            return
        await self._idle.wait()
        if self._counting:
            await self._counting
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def publish(self, facts: Sequence[records.Fact]) -> None:
        """Takes over what a commit announced, in its order."""
        self._waiting.extend(facts)
        self._idle.clear()
        self._more.set()
        for wake in self.wake:
            wake()
        self.on_published(sum(isinstance(fact, records.Entry) for fact in facts))

    async def _run(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            await self._deliver_waiting()
            if self._changed_inboxes and (self._counting is None or self._counting.done()):
                # Beside the deliveries: reading the counts of many must keep no message waiting.
                self._counting = asyncio.create_task(self._tell_counts(), name="counts")
            if not self._waiting:
                self._idle.set()

    async def _deliver_waiting(self) -> None:
        changed_inboxes: set[int] = set()
        while self._waiting:
            fact = self._waiting.popleft()
            try:
                await self._deliver(fact, changed_inboxes)
            except Exception:
                # An event is a hint: whoever missed it finds the gap and fetches.
                _log.exception("delivering %s failed", type(fact).__name__)
        self._changed_inboxes |= changed_inboxes

    async def _deliver(self, fact: records.Fact, changed_inboxes: set[int]) -> None:
        match fact:
            case records.Entry():
                await self._entry(fact)
            case records.AccountChange():
                await self._account_change(fact)
            case records.ReadMark():
                await self._read_mark(fact)
            case records.NotificationChange():
                changed_inboxes.add(fact.account_id)
                await self._notification(fact)
            case records.SessionsEnded():
                await self._sessions_ended(fact)
            case _:
                changed_inboxes.add(fact.account_id)

    async def _entry(self, entry: records.Entry) -> None:
        room = conversation_room(entry.conversation_id)
        member = msgspec.json.decode(entry.data, type=chat.MemberChanged) if entry.kind in _MOVES else None
        if member is not None and entry.kind == "member_added":
            for connection in self._online.of_account(member.account_id, CHAT):
                await self._sockets.enter_room(connection.sid, room, CHAT)
        # Finished JSON: whoever sends it need not look into it again.
        body = msgspec.Raw(_encode(chat.Entry.of(entry)))
        await self._sockets.emit(entry.kind, (body, self._offset(entry.position)), room=room, namespace=CHAT)
        if member is not None and entry.kind == "member_removed":
            # Behind the entry itself: whoever is removed gets it as the last one.
            for connection in self._online.of_account(member.account_id, CHAT):
                await self._sockets.leave_room(connection.sid, room, CHAT)

    async def _account_change(self, change: records.AccountChange) -> None:
        payload = {"account_version": change.version, **msgspec.json.decode(change.data)}
        if change.event == "conversation_added":
            # A direct conversation has no entry that brings its two people in.
            room = conversation_room(payload["conversation"]["id"])
            for connection in self._online.of_account(change.account_id, CHAT):
                await self._sockets.enter_room(connection.sid, room, CHAT)
        await self._sockets.emit(change.event, payload, room=account_room(change.account_id), namespace=CHAT)

    async def _read_mark(self, mark: records.ReadMark) -> None:
        if mark.member_count > SMALL_CONVERSATION:
            return
        body = chat.Receipt(conversation_id=mark.conversation_id, account_id=mark.account_id, read_seq=mark.read_seq)
        # Their own devices have heard it with its account version.
        own = [connection.sid for connection in self._online.of_account(mark.account_id, CHAT)]
        room = conversation_room(mark.conversation_id)
        await self._sockets.emit("receipt", body, room=room, namespace=CHAT, skip_sid=own)

    async def _notification(self, change: records.NotificationChange) -> None:
        event = "notification_created" if change.created else "notification_changed"
        data = (msgspec.Raw(change.notification), self._offset(change.seq))
        await self._sockets.emit(event, data, room=account_room(change.account_id), namespace=NOTIFICATIONS)

    async def _tell_counts(self) -> None:
        while self._changed_inboxes:
            changed, self._changed_inboxes = self._changed_inboxes, set()
            here = [account_id for account_id in changed if self._online.of_account(account_id, NOTIFICATIONS)]
            for some in (here[start : start + COUNTED_AT_ONCE] for start in range(0, len(here), COUNTED_AT_ONCE)):
                try:
                    counts = await self._counts_of(some)
                except Exception:
                    _log.exception("reading the counts of %d inboxes failed", len(some))
                    continue
                for account_id, counted in counts.items():
                    await self._tell_count(account_id, counted)

    async def _tell_count(self, account_id: int, counted: msgspec.Struct) -> None:
        try:
            await self._sockets.emit("counts", counted, room=account_room(account_id), namespace=NOTIFICATIONS)
        except Exception:
            _log.exception("telling the counts of an inbox failed")

    async def _sessions_ended(self, ended: records.SessionsEnded) -> None:
        for session_id in ended.session_ids:
            for connection in self._online.of_session(session_id):
                await self._sockets.end_connection(connection.sid, connection.namespace)

    def _offset(self, position: int) -> str:
        return f"{self._epoch}-{position}"
