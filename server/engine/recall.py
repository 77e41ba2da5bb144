"""Recalls: how a client that brings a pid gets its session back, and how one pid has one connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from server.engine.connection import Connection
from server.engine.outflow import Parcel
from server.engine.packets import EVENT, encode
from server.engine.recovery import Missed, NoRecovery, Recalled, Recovery
from server.engine.rooms import ON, Member, Rooms, with_offset
from server.engine.shared import Shared

T = TypeVar("T")


class Recall:
    """One attempt to come back; lives while its member joins.

    ``found`` is whom the pid names. ``most`` events may be held for the member. ``is_outrun`` when the same
    pid has come once more since, ``is_overrun`` when too much was held.
    """

    __slots__ = ("_patience", "found", "is_outrun", "is_overrun", "missed", "most", "offset", "pid")

    def __init__(self, pid: str, offset: str | None, most: int) -> None:
        self.pid = pid
        self.offset = offset
        self.most = most
        self.found: Recalled | None = None
        self.missed: list[tuple[str | None, Parcel]] = []
        self.is_outrun = self.is_overrun = False
        self._patience: asyncio.Timeout | None = None

    def waits(self, patience: asyncio.Timeout | None) -> None:
        """The Recovery is asked something until ``patience`` ends; None: it has answered."""
        self._patience = patience

    def cut_short(self, more: int) -> bool:
        """Too much is held: the Recovery is waited for no longer, and ``more`` may be held meanwhile.

        False when it is not asked anything.
        """
        patience, self._patience = self._patience, None
        if patience is None:
            return False
        if not patience.expired():
            patience.reschedule(0)
        self.is_overrun = True
        self.most += more
        return True


class Recalls:
    """Between the server and its Recovery: deadlines, and who holds which pid here.

    ``goodbye(connection)`` closes a connection so that its client stays away.
    """

    def __init__(
        self,
        recovery: Recovery,
        rooms: Rooms,
        house: Shared[Connection],
        goodbye: Callable[[Connection], None],
    ) -> None:
        self.is_needed = not isinstance(recovery, NoRecovery)
        self._recovery = recovery
        self._rooms = rooms
        self._shared = house
        self._goodbye = goodbye
        self._holders: dict[str, dict[str, Member]] = {}
        self._attempts: dict[tuple[str, str], Recall] = {}
        self._awaited: dict[Member, asyncio.Event] = {}

    def brought(self, auth: Any) -> Recall | None:
        """The attempt that the payload of a CONNECT asks for."""
        if not self.is_needed or not isinstance(auth, dict):
            return None
        limits = self._shared.limits
        pid, offset = auth.get("pid"), auth.get("offset")
        if not isinstance(pid, str) or not isinstance(offset, str | None):
            return None
        if not pid or len(pid) > limits.max_pid or len(offset or "") > limits.max_pid:
            return None
        return Recall(pid, offset, max(limits.held, limits.recovery_held))

    async def begin(self, member: Member, recall: Recall) -> None:
        """Gives a new member the session that its pid names, once whoever holds it has left."""
        member.recall = recall
        before = self._attempts.get((member.namespace, recall.pid))
        if before is not None:
            before.is_outrun = True
        self._attempts[member.namespace, recall.pid] = recall
        await self._in_time(member, self._find(member, recall))

    async def _find(self, member: Member, recall: Recall) -> None:
        found = await self._recovery.recall(member.namespace, recall.pid)
        if found is None:
            self._count("unknown")
            return
        while not recall.is_outrun and (holder := self._holder(member.namespace, recall.pid, found.sid)) is not None:
            if holder.connection is member.connection:
                raise ValueError("this connection holds the session already, elsewhere")
            self._goodbye(holder.connection)
            await self._awaited.setdefault(holder, asyncio.Event()).wait()
        if recall.is_outrun:
            # The later is the living one, though the Recovery may have answered it first.
            self._count("outrun")
            self._goodbye(member.connection)
            return
        # From here on nothing waits: who comes next finds this member holding the pid.
        recall.found = found
        self._hold(member, recall.pid)
        if found.sid is not None:
            self._rooms.rename(member, found.sid)

    def _holder(self, namespace: str, pid: str, sid: str | None) -> Member | None:
        return self._holders.get(namespace, {}).get(pid) or self._rooms.member(sid, namespace)

    def end(self, member: Member, new_sid: str) -> None:
        """The connect handler will not have it: the member is a new one."""
        if member.recall is not None and (found := member.recall.found) is not None:
            member.recall.found = None
            self._let_go(member)
            if found.sid is not None:
                self._rooms.rename(member, new_sid)
            self._count("ended")

    async def complete(self, member: Member) -> bool:
        """Reads what a recalled member has missed, and has every member remembered.

        Then ``member.pid`` is what to tell it, and what is held begins with what was missed. False when it
        was recalled and cannot be recovered.
        """
        recall = member.recall
        found = recall.found if recall is not None else None
        if recall is None or found is None:
            pid = await self._in_time(member, self._recovery.remember(member))
            if pid is not None:
                self._hold(member, pid)
            return True
        if not await self._in_time(member, self._read(member, recall, found)):
            return False
        await self._in_time(member, self._recovery.remember(member))
        return self._is_merged(member, recall, found)

    async def _read(self, member: Member, recall: Recall, found: Recalled) -> bool:
        for room in found.rooms:
            self._rooms.basic_enter_room(member.sid, member.namespace, room)
        missed = await self._recovery.replay(found, recall.offset)
        if missed is None:
            self._count("not replayed")
            return False
        recall.missed = [(one.offset, self._parcel(member.namespace, one)) for one in missed]
        return True

    def _parcel(self, namespace: str, missed: Missed) -> Parcel:
        arguments = [missed.event, *missed.arguments]
        return Parcel(*encode(EVENT, namespace, None, arguments, self._shared.limits.max_depth))

    def _is_merged(self, member: Member, recall: Recall, found: Recalled) -> bool:
        # An event that was committed before the log was read and delivered behind it is in both.
        known = {offset for offset, _ in recall.missed if offset is not None}

        def is_new(parcel: Parcel) -> bool:
            arguments = with_offset(parcel)
            return not arguments or not (arguments[-1] in known or self._recovery.repeats(found, arguments))

        live = [parcel for parcel in member.held or () if is_new(parcel)]
        parcels = [*(parcel for _, parcel in recall.missed), *live]
        if not self._fits(member.connection, parcels):
            self._count("too much")
            return False
        member.held = parcels
        self._count("recovered")
        return True

    def _fits(self, connection: Connection, parcels: list[Parcel]) -> bool:
        """Whether so much can wait for one connection, beside the CONNECT reply and what waits already."""
        limits = self._shared.limits
        size = connection.unsent() + sum(len(parcel.frames) for parcel in parcels)
        packets = connection.waiting() + 1 + sum(len(parcel.packets) for parcel in parcels)
        return size < limits.out_bytes and (connection.upgraded or packets <= limits.out_packets)

    def left(self, member: Member) -> None:
        """A member has gone, and no handler of its runs any more."""
        self._let_go(member)
        event = self._awaited.pop(member, None)
        if event is not None:
            event.set()

    def joined(self, member: Member) -> None:
        """The join of a member is over, however it went."""
        recall: Recall | None = member.recall
        member.recall = None
        if recall is not None and self._attempts.get((member.namespace, recall.pid)) is recall:
            del self._attempts[member.namespace, recall.pid]
        if member.state != ON and self._rooms.member(member.sid, member.namespace) is not member:
            self.left(member)

    def _hold(self, member: Member, pid: str) -> None:
        member.pid = pid
        self._holders.setdefault(member.namespace, {})[pid] = member

    def _let_go(self, member: Member) -> None:
        holders = self._holders.get(member.namespace, {})
        if member.pid is not None and holders.get(member.pid) is member:
            del holders[member.pid]
        member.pid = None

    async def _in_time(self, member: Member, work: Coroutine[Any, Any, T]) -> T | None:
        """The answer of the Recovery; None, too, when it raises, is late, or too much happens meanwhile."""
        recall = member.recall
        try:
            async with asyncio.timeout(self._shared.limits.connect_s) as patience:
                if recall is not None:
                    recall.waits(patience)
                return await work
        except Exception as error:
            if recall is not None and recall.is_overrun:
                self._count("overrun")
            else:
                self._count("failed")
                self._shared.log.failed(self._shared.loop.time(), member.sid, "recovery", error)
            return None
        finally:
            if recall is not None:
                recall.waits(None)

    def _count(self, outcome: str) -> None:
        self._shared.counters.recoveries[outcome] += 1
