"""Recovery: what the engine asks so that a stock client misses nothing; and an answer in memory, for tests."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from server.engine.rooms import Member, offset_of


@dataclass(frozen=True, slots=True)
class Recalled:
    """Whom a pid names.

    ``sid`` is the session id they had; None when it is known no more, then they get another. ``rooms`` are
    entered behind the connect handler. ``account`` is for that handler to compare, ``start`` for ``replay``.
    """

    sid: str | None = None
    rooms: Collection[Any] = ()
    start: Any = None
    account: Any = None


@dataclass(frozen=True, slots=True)
class Missed:
    """An event as it was emitted. Its last argument is its offset: any string, compared by equality only."""

    event: str
    arguments: Sequence[Any]

    @property
    def offset(self) -> str | None:
        """What a client would keep of it."""
        last = self.arguments[-1] if self.arguments else None
        return last if isinstance(last, str) else None


class Recovery(Protocol):
    """Knows who was connected and what they have missed.

    Each call may wait for ``connect_s``. One that raises or takes longer costs the client its recovery,
    never its connection.
    """

    async def recall(self, namespace: str, pid: str) -> Recalled | None:
        """Whom ``pid`` names in ``namespace``. The pid comes from a client: it may be anything."""

    async def replay(self, recalled: Recalled, offset: str | None) -> list[Missed] | None:
        """Everything behind ``offset`` in the order it was emitted; None when that cannot be said.

        Without an offset, and with one from before the session began, it counts from the session's start:
        a client that was not recovered still brings the offset of the session before.
        """

    def repeats(self, recalled: Recalled, arguments: Sequence[Any]) -> bool:
        """Whether an event that came while they joined has nothing that ``replay`` has not given: its name and its
        arguments, the last one its offset. One with the offset of something replayed is not asked about.
        """

    async def remember(self, member: Member) -> str | None:
        """A member joins: the pid for its next time, or None for none.

        Comes behind the connect handler. ``member.pid`` is None, or what the member was recovered under and
        keeps. ``held_offsets`` says what the member has been sent already.
        """


class NoRecovery:
    """Nobody is told a pid, and nobody comes back."""

    async def recall(self, namespace: str, pid: str) -> Recalled | None:
        """Nobody."""
        return None

    async def replay(self, recalled: Recalled, offset: str | None) -> list[Missed] | None:
        """Nothing is kept."""
        return None

    def repeats(self, recalled: Recalled, arguments: Sequence[Any]) -> bool:
        """Nothing was replayed."""
        return False

    async def remember(self, member: Member) -> str | None:
        """No pid."""
        return None


@dataclass(frozen=True, slots=True)
class _Told:
    number: int
    namespace: str
    room: Any
    missed: Missed


@dataclass(frozen=True, slots=True)
class _Session:
    member: Member
    start: int


class MemoryRecovery:
    """The last ``events`` and the last ``sessions`` of one process, in its memory.

    Only what goes through ``numbered`` can be missed. Rooms are those that a session was in at its end.
    """

    def __init__(self, *, events: int = 10_000, sessions: int = 10_000) -> None:
        self._epoch = secrets.token_hex(4)
        self._told: deque[_Told] = deque(maxlen=events)
        self._last = 0
        self._sessions: dict[str, _Session] = {}
        self._most_sessions = sessions

    def numbered(self, event: str, *arguments: Any, room: Any = None, namespace: str = "/") -> tuple[Any, ...]:
        """The arguments with their offset; to be emitted to ``room`` at once, before anything else is numbered."""
        self._last += 1
        complete = (*arguments, f"{self._epoch}.{self._last}")
        self._told.append(_Told(self._last, namespace, room, Missed(event, complete)))
        return complete

    async def recall(self, namespace: str, pid: str) -> Recalled | None:
        """A session that began here and is not forgotten."""
        session = self._sessions.get(pid)
        if session is None or session.member.namespace != namespace:
            return None
        return Recalled(session.member.sid, session.member.rooms, session)

    async def replay(self, recalled: Recalled, offset: str | None) -> list[Missed] | None:
        """What went to its rooms."""
        session: _Session = recalled.start
        since = session.start if offset is None else self._number(offset)
        if since is None:
            return None
        since = max(since, session.start)
        if self._told and self._told[0].number > since + 1:
            return None
        places = {None, recalled.sid, *recalled.rooms}
        return [
            told.missed
            for told in self._told
            if told.number > since and told.namespace == session.member.namespace and told.room in places
        ]

    def repeats(self, recalled: Recalled, arguments: Sequence[Any]) -> bool:
        """Each event has an offset of its own."""
        return False

    async def remember(self, member: Member) -> str | None:
        """A pid that says nothing about anybody."""
        pid = member.pid or secrets.token_urlsafe(16)
        before = self._sessions.pop(pid, None)
        self._sessions[pid] = _Session(member, before.start if before else self._start_of(member))
        if len(self._sessions) > self._most_sessions:
            del self._sessions[next(iter(self._sessions))]
        return pid

    def _start_of(self, member: Member) -> int:
        # The reply may reach the client and what was held behind it may not.
        held = [number for offset in held_offsets(member) if (number := self._number(offset)) is not None]
        return min(held) - 1 if held else self._last

    def _number(self, offset: str) -> int | None:
        epoch, _, digits = offset.partition(".")
        if epoch != self._epoch or not digits.isascii() or not digits.isdigit() or len(digits) > 15:
            return None
        return number if (number := int(digits)) <= self._last else None


def held_offsets(member: Member) -> list[str]:
    """The offsets of the events that wait for a member's CONNECT reply."""
    return [offset for parcel in member.held or () if (offset := offset_of(parcel)) is not None]
