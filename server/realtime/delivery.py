"""What a fact means for the connections of this worker: events to rooms, rooms entered and left, ends."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Protocol

import msgspec

from server import records
from server.protocol import chat
from server.protocol.base import MAX_SAFE_INTEGER
from server.realtime import offsets
from server.realtime.furthest import Furthest
from server.realtime.online import Online
from server.realtime.rooms import CHAT, NOTIFICATIONS, account_room, conversation_room
from server.realtime.streams import STREAM, Streams

SMALL_CONVERSATION = 20
"""Up to so many members, everybody hears of everybody's marks."""

_MOVES = ("member_added", "member_removed")
_encode = msgspec.json.Encoder().encode


class Sockets(Protocol):
    """What is needed of the Socket.IO server."""

    async def emit_here(
        self, event: str, data: Any, *, room: str | list[str], namespace: str, skip_sid: list[str] | None = None
    ) -> None:
        """Sends an event to the members of a room, or of several, at this worker."""

    def sids_in(self, room: str, namespace: str) -> list[str]:
        """Who is in a room, at this worker."""

    async def enter_room(self, sid: str, room: str, namespace: str) -> None:
        """Puts a connection into a room."""

    async def leave_room(self, sid: str, room: str, namespace: str) -> None:
        """Takes a connection out of a room."""

    async def end_connection(self, sid: str, namespace: str) -> None:
        """Says goodbye and closes the transport."""


class Delivery:
    """Turns facts into events.

    ``epoch`` and ``complete()``, up to where everything has been delivered, make the offsets that stock clients keep
    to come back with. ``streams`` are told that there is more to read.
    """

    def __init__(self, sockets: Sockets, online: Online, streams: Streams | None = None) -> None:
        self.epoch = ""
        self.complete: Callable[[], int] = lambda: MAX_SAFE_INTEGER
        self._sockets = sockets
        self._online = online
        self._streams = streams
        self._marks = Furthest()

    async def entry(self, entry: records.Entry) -> None:
        """Tells the members of a conversation; whoever is added hears it first, whoever is removed last."""
        room = conversation_room(entry.conversation_id)
        member = msgspec.json.decode(entry.data, type=chat.MemberChanged) if entry.kind in _MOVES else None
        if member is not None and entry.kind == "member_added":
            await self.enter(member.account_id, entry.conversation_id)
        # Finished JSON: whoever sends it need not look into it again.
        body = msgspec.Raw(_encode(chat.Entry.of(entry)))
        offset = offsets.written(self.epoch, entry.position, self.complete())
        await self._sockets.emit_here(entry.kind, (body, offset), room=room, namespace=CHAT)
        if self._streams is not None:
            self._streams.stir(entry.conversation_id)
        if member is not None and entry.kind == "member_removed":
            # Behind the entry itself: whoever is removed gets it as the last one.
            for connection in self._online.of_account(member.account_id, CHAT):
                await self._sockets.leave_room(connection.sid, room, CHAT)

    async def enter(self, account_id: int, conversation_id: int) -> None:
        """Puts somebody's devices into a conversation's room."""
        for connection in self._online.of_account(account_id, CHAT):
            await self._sockets.enter_room(connection.sid, conversation_room(conversation_id), CHAT)
        if self._streams is not None:
            self._streams.enter(account_id, conversation_id)

    async def account_change(self, change: records.AccountChange, payload: dict[str, Any]) -> None:
        """Tells somebody's devices; ``payload`` is what the change's JSON holds."""
        body = {"account_version": change.version, **payload}
        await self._sockets.emit_here(change.event, body, room=account_room(change.account_id), namespace=CHAT)

    async def read_mark(self, mark: records.ReadMark) -> None:
        """Tells the others of a small conversation, unless they have been told of a later one."""
        if mark.member_count > SMALL_CONVERSATION:
            return
        if not self._marks.moves(mark.read_seq, "read", mark.conversation_id, mark.account_id):
            return
        body = chat.Receipt(conversation_id=mark.conversation_id, account_id=mark.account_id, read_seq=mark.read_seq)
        # Their own devices have heard it with its account version.
        await self._receipt(body)

    async def received_mark(self, mark: records.ReceivedMark) -> None:
        """Tells the others, unless they have been told of a later one; it is kept in small conversations only."""
        if not self._marks.moves(mark.received_seq, "received", mark.conversation_id, mark.account_id):
            return
        body = chat.Receipt(
            conversation_id=mark.conversation_id, account_id=mark.account_id, received_seq=mark.received_seq
        )
        await self._receipt(body)

    async def _receipt(self, receipt: chat.Receipt) -> None:
        """Tells the others but those who hide their own marks: they see nobody's."""
        skipped = [connection.sid for connection in self._online.of_account(receipt.account_id, CHAT)]
        room = conversation_room(receipt.conversation_id)
        if self._online.without_receipts:
            skipped += self._online.without_receipts.intersection(self._sockets.sids_in(room, CHAT))
        await self._sockets.emit_here("receipt", receipt, room=room, namespace=CHAT, skip_sid=skipped)

    async def others_of(self, event: str, body: Any, conversation_id: int, account_id: int) -> None:
        """Tells everybody in a conversation but one person's devices."""
        own = [connection.sid for connection in self._online.of_account(account_id, CHAT)]
        room = conversation_room(conversation_id)
        await self._sockets.emit_here(event, body, room=room, namespace=CHAT, skip_sid=own)

    async def notification(self, change: records.NotificationChange) -> None:
        """Tells somebody's bells."""
        event = "notification_created" if change.created else "notification_changed"
        data = (msgspec.Raw(change.notification), offsets.written(self.epoch, change.seq, change.seq))
        await self._sockets.emit_here(event, data, room=account_room(change.account_id), namespace=NOTIFICATIONS)

    async def end_sessions(self, session_ids: Collection[int]) -> None:
        """Closes the connections of devices that were signed out, or whose session expired."""
        if self._streams is not None:
            self._streams.end_sessions(session_ids)
        for session_id in session_ids:
            for connection in self._online.of_session(session_id):
                if connection.namespace != STREAM:
                    await self._sockets.end_connection(connection.sid, connection.namespace)
