"""Rooms: who is where, and the broadcast loop. A broadcast is encoded once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

import msgspec
import socketio

from server.engine.connection import Connection
from server.engine.outflow import Parcel
from server.engine.packets import EVENT, encode

PENDING, LET_IN, ON, LEAVING = range(4)

Announced = Callable[[str, str], None]


class Member:
    """One connection in one namespace.

    Only who is ``ON`` is sent broadcasts. Until the CONNECT reply they are held: while the connect handler
    is asked (``PENDING``) and when it has let the member in (``LET_IN``). ``pid`` is what it may come back
    with, ``recall`` how it does, while it joins. Whoever has left keeps its ``rooms`` as they were.
    """

    __slots__ = ("connection", "held", "namespace", "pid", "recall", "rooms", "sid", "state")

    def __init__(self, sid: str, connection: Connection, namespace: str) -> None:
        self.sid = sid
        self.connection = connection
        self.namespace = namespace
        self.state = PENDING
        self.rooms: tuple[Any, ...] = ()
        self.held: list[Parcel] | None = None
        self.pid: str | None = None
        self.recall: Any = None

    @property
    def is_on(self) -> bool:
        """Whether it has its CONNECT reply and has not begun to leave."""
        return self.state == ON


class Rooms(socketio.AsyncManager):  # type: ignore[misc]
    """The members of every namespace and room of this process.

    ``on_first(namespace, room)`` and ``on_last`` hear when a room gets its first member here and loses its
    last: a bus between workers subscribes by them.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.on_first: Announced = lambda namespace, room: None
        self.on_last: Announced = lambda namespace, room: None
        self._members: dict[str, dict[str, Member]] = {}
        self._rooms: dict[str, dict[Any, dict[str, Member]]] = {}

    # Members

    def add(self, connection: Connection, namespace: str, sid: str) -> Member:
        """A new member, pending."""
        member = Member(sid, connection, namespace)
        self._members.setdefault(namespace, {})[sid] = member
        if connection.members is None:
            connection.members = {}
        connection.members[namespace] = member
        return member

    def member(self, sid: str | None, namespace: str) -> Member | None:
        """The member with that session id."""
        return self._members.get(namespace, {}).get(sid or "")

    def anywhere(self, sid: str) -> Member | None:
        """The same in whichever namespace."""
        return next((found for members in self._members.values() if (found := members.get(sid))), None)

    def rename(self, member: Member, sid: str) -> None:
        """Gives a pending member another session id, one that nobody has."""
        members = self._members[member.namespace]
        members[sid] = members.pop(member.sid)
        for room in member.rooms:
            inside = self._rooms[member.namespace][room]
            inside[sid] = inside.pop(member.sid)
        member.sid = sid

    def remove(self, member: Member) -> None:
        """Forgets a member, once; costs its own rooms only."""
        members = self._members.get(member.namespace, {})
        if members.get(member.sid) is not member:
            return
        for room in member.rooms:
            self._take_out(member, room)
        member.held = None
        del members[member.sid]
        if not members:
            self._members.pop(member.namespace, None)
        if member.connection.members is not None and member.connection.members.get(member.namespace) is member:
            del member.connection.members[member.namespace]
        self.callbacks.pop(member.sid, None)

    def release(self, member: Member) -> None:
        """The CONNECT reply is out: what was held follows, then everything else."""
        member.state = ON
        held, member.held = member.held, None
        for parcel in held or ():
            member.connection.send(parcel)

    # Sending

    async def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Any = None,
        skip_sid: Any = None,
        callback: Callable[..., Any] | None = None,
        to: Any = None,
        **options: Any,
    ) -> None:
        """Sends an event to a member, a room, several rooms or everybody. Raises Unsendable, and nobody has it."""
        arguments = [event, *data] if isinstance(data, tuple) else [event] if data is None else [event, data]
        targets = self._targets(namespace, to or room)
        if not targets:
            return
        skip = _sids(skip_sid)
        if callback is None:
            self._send(targets, self._parcel(namespace, None, arguments), skip)
            return
        for member in list(targets):
            if member.sid not in skip:
                ack_id = self._generate_ack_id(member.sid, callback)
                self.give(member, self._parcel(namespace, ack_id, arguments))

    def write_encoded(
        self, namespace: str, room: Any, text: str, attachments: Sequence[bytes] = (), skip_sid: Any = None
    ) -> None:
        """Sends a packet that another worker has encoded and checked."""
        targets = self._targets(namespace, room)
        if targets:
            self._send(targets, Parcel(text, attachments), _sids(skip_sid))

    def greet(self, sid: str, namespace: str, event: str, data: Any) -> None:
        """Sends an event to one member; while it joins, before everything else that is held for it."""
        member = self.member(sid, namespace)
        if member is None:
            return
        parcel = self._parcel(namespace, None, [event, data])
        self.give(member, parcel)
        if member.held is not None and member.held[-1] is parcel:
            member.held.insert(0, member.held.pop())

    def give(self, member: Member, parcel: Parcel) -> None:
        """Sends to one member, or holds it until its CONNECT reply is out."""
        if member.state == ON:
            member.connection.send(parcel)
        elif member.state != LEAVING:
            self._hold(member, parcel)

    def _parcel(self, namespace: str, ack_id: int | None, arguments: list[Any]) -> Parcel:
        return Parcel(*encode(EVENT, namespace, ack_id, arguments, self.server.eio.limits.max_depth))

    def _send(self, targets: Collection[Member], parcel: Parcel, skip: Collection[str]) -> None:
        for member in targets:
            if skip and member.sid in skip:
                continue
            if member.state == ON:
                member.connection.send(parcel)
            else:
                self.give(member, parcel)

    def _hold(self, member: Member, parcel: Parcel) -> None:
        if member.held is None:
            member.held = []
        member.held.append(parcel)
        self.server.eio.counters.held_events += 1
        most, recall = self.server.eio.limits.held, member.recall
        # An event that was let fall would be a gap that nobody sees: rather none at all.
        if len(member.held) > (recall.most if recall else most) and not (recall and recall.cut_short(most)):
            member.connection.too_slow()

    def _targets(self, namespace: str, room: Any) -> Collection[Member]:
        members = self._members.get(namespace)
        if not members:
            return ()
        if room is None:
            return members.values()
        if isinstance(room, (list, tuple, set, frozenset)):
            return {member.sid: member for one in room for member in self._targets(namespace, one)}.values()
        inside = self._rooms.get(namespace, {}).get(room)
        if inside is not None:
            return inside.values()
        alone = members.get(room)
        return (alone,) if alone is not None else ()

    # What python-socketio calls, over our own tables

    def count(self) -> int:
        """Rooms with somebody in them."""
        return sum(map(len, self._rooms.values()))

    def get_namespaces(self) -> Iterable[str]:
        """Those with members."""
        return list(self._members)

    def get_participants(self, namespace: str, room: Any) -> Iterator[tuple[str, str]]:
        """Session ids of a room, with their connections'."""
        for member in list(self._targets(namespace, room)):
            yield member.sid, member.connection.sid

    def is_connected(self, sid: str | None, namespace: str) -> bool:
        """Whether a member is on."""
        member = self.member(sid, namespace)
        return member is not None and member.is_on

    def is_pre_connected(self, sid: str, namespace: str) -> bool:
        """Whether a member is pending."""
        member = self.member(sid, namespace)
        return member is not None and member.state in (PENDING, LET_IN)

    def eio_sid_from_sid(self, sid: str, namespace: str) -> str | None:
        """The connection's id."""
        member = self.member(sid, namespace)
        return member.connection.sid if member is not None else None

    def sid_from_eio_sid(self, eio_sid: str, namespace: str) -> str | None:
        """The member's id."""
        connection = self.server.eio.sockets.get(eio_sid)
        member = (connection.members or {}).get(namespace) if connection is not None else None
        return member.sid if member is not None else None

    async def pre_connect(self, eio_sid: str, namespace: str) -> str | None:
        """A new member for a connection, or None when it is there already."""
        connection = self.server.eio.sockets.get(eio_sid)
        if connection is None or namespace in (connection.members or {}):
            return None
        return self.add(connection, namespace, self.server.eio.generate_id()).sid

    async def connect(self, sid: str, namespace: str) -> str:
        """A pending member is on."""
        member = self.member(sid, namespace)
        if member is not None:
            self.release(member)
        return sid

    def pre_disconnect(self, sid: str, namespace: str) -> str | None:
        """A member begins to leave."""
        member = self.member(sid, namespace)
        if member is None:
            return None
        member.state = LEAVING
        return member.connection.sid

    def basic_disconnect(self, sid: str, namespace: str, **options: Any) -> None:
        """A member is gone."""
        member = self.member(sid, namespace)
        if member is not None:
            self.remove(member)

    def is_sid_room(self, namespace: str, room: Any) -> bool:
        """Whether a room is a member's own."""
        return room in self._members.get(namespace, {})

    def basic_enter_room(self, sid: str, namespace: str, room: Any, eio_sid: str | None = None) -> None:
        """Puts a member into a room. Its own it is in anyway; another's nobody enters."""
        member = self.member(sid, namespace)
        if member is None:
            raise ValueError("sid is not connected to requested namespace")
        if room == sid or room is None or room in member.rooms:
            return
        if self.is_sid_room(namespace, room):
            raise ValueError("cannot enter a sid room")
        member.rooms = (*member.rooms, room)
        rooms = self._rooms.setdefault(namespace, {})
        is_first = room not in rooms
        rooms.setdefault(room, {})[sid] = member
        if is_first:
            self.on_first(namespace, room)

    def basic_leave_room(self, sid: str, namespace: str, room: Any) -> None:
        """Takes a member out of a room."""
        member = self.member(sid, namespace)
        if member is not None and room in member.rooms:
            member.rooms = tuple(other for other in member.rooms if other != room)
            self._take_out(member, room)

    def basic_close_room(self, room: Any, namespace: str) -> None:
        """Takes everybody out of a room."""
        if self.is_sid_room(namespace, room):
            raise ValueError("cannot close a sid room")
        for sid in list(self._rooms.get(namespace, {}).get(room, ())):
            self.basic_leave_room(sid, namespace, room)

    def get_rooms(self, sid: str, namespace: str) -> list[Any]:
        """The rooms of a member, its own first."""
        member = self.member(sid, namespace)
        return [sid, *member.rooms] if member is not None else []

    def _take_out(self, member: Member, room: Any) -> None:
        rooms = self._rooms.get(member.namespace, {})
        inside = rooms.get(room)
        if inside is None:
            return
        inside.pop(member.sid, None)
        if not inside:
            del rooms[room]
            if not rooms:
                del self._rooms[member.namespace]
            self.on_last(member.namespace, room)


def offset_of(parcel: Parcel) -> str | None:
    """What a stock client keeps of an event to come back with: its last argument, when that is text."""
    arguments = with_offset(parcel)
    return arguments[-1] if arguments else None


def with_offset(parcel: Parcel) -> list[Any]:
    """The name and the arguments of an event whose last argument is an offset; empty for any other.

    Read from what was encoded: broadcasts carry nothing for the few that are held.
    """
    text = parcel.packets[0]
    if not isinstance(text, str) or not text.endswith('"]'):
        return []
    place = text.index("[")
    if 0 < text.find("/") < place:
        place = text.index("[", text.index(","))  # behind the namespace
    arguments: list[Any] = msgspec.json.decode(text[place:])
    return arguments if len(arguments) > 1 else []


def _sids(skip: Any) -> Collection[str]:
    if not skip:
        return ()
    return skip if isinstance(skip, (list, tuple, set, frozenset)) else (skip,)
