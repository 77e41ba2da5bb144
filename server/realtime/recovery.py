"""Recovery for stock clients: whoever brings a pid gets what followed their offset, out of the log.

Nothing is kept about anybody: the pid says who they were and where they began, the offset how far they have heard,
and what they have missed is read in one go. So it makes no difference which worker they come back to, and when.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from server import records
from server.clock import Now
from server.engine import Member, Missed, Recalled, held_offsets
from server.metrics import Metrics
from server.protocol import chat
from server.protocol.notifications import Notification
from server.realtime import offsets
from server.realtime.online import Online
from server.realtime.passes import Pass, signed, verified
from server.realtime.rooms import CHAT

MOST = 500
"""Entries or notifications; whoever has missed more starts over."""
MOST_POLLED = 400
"""The same by polling: what happens while they wait to be fetched needs room beside them."""
MOST_BYTES = 512_000
SOON_S = 2.0
"""So long at most, whoever comes back waits until what they have missed was told to everybody else."""
GOOD_FOR_MS = 86_400_000

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Gap:
    """What somebody has missed. None: more than ``limit`` entries or characters, or it cannot be said.

    ``entries(account_id, after_position, limit, characters)``: of the log, with all that a connection of theirs
    would have heard; ``notifications(account_id, after_seq, limit)``: as they stand now, by their last change.
    """

    entries: Callable[[int, int, int, int], Awaitable[Sequence[records.Entry] | None]]
    notifications: Callable[[int, int, int], Awaitable[Sequence[Notification] | None]]


@dataclass(slots=True)
class _Return:
    """One who comes back, and what they have missed as soon as it is read: these ``places`` (conversation, seq) of the
    log, or the changes of their inbox up to ``seq``.
    """

    given: Pass
    missed: list[Missed] | None = None
    places: Collection[tuple[int, int]] = ()
    seq: int = 0


class LogRecovery:
    """The engine's Recovery, over the log and the inboxes. ``outcomes`` counts who came back, and why others did not.

    What is missed has to be read between joining the rooms and telling ``ready``, by ``read``; ``replay`` hands it
    over. ``until_told(position)`` returns when everything that this worker has committed was told to the rooms, and
    where it ``is_alone`` the log up to ``position``, so that nothing that was read comes once more behind it. Where
    several write, what another one has just written may.
    """

    def __init__(self, online: Online, now: Now) -> None:
        self.outcomes: Counter[str] = Counter()
        self.until_told: Callable[[int], Awaitable[None]] = _at_once
        self.is_alone = True
        self._online = online
        self._now = now
        self._epoch = ""
        self._key: bytes | None = None
        self._gap: Gap

    def start(self, epoch: str, key: bytes, gap: Gap) -> None:
        """Begins; ``key`` is the same at all workers and after every restart."""
        self._epoch, self._key, self._gap = epoch, key, gap

    def counted_by(self, metrics: Metrics) -> None:
        """Shows the outcomes among the metrics."""
        metrics.counted(
            "madang_recoveries",
            "Clients that came back with a pid, by what became of it.",
            lambda: self.outcomes,
            "outcome",
        )

    # What the engine asks

    async def recall(self, namespace: str, pid: str) -> Recalled | None:
        """Whom a pid names, if it is one of ours, of this namespace, of this epoch and of the last day."""
        given = verified(self._key, pid) if self._key else None
        if given is None or given.namespace != namespace:
            self.outcomes["not our pid"] += 1
        elif given.epoch != self._epoch:
            self.outcomes["another epoch"] += 1
        elif self._now() - given.issued_at >= GOOD_FOR_MS:
            self.outcomes["too old"] += 1
        else:
            return Recalled(start=_Return(given), account=(given.account_id, given.session_id))
        return None

    async def replay(self, recalled: Recalled, offset: str | None) -> list[Missed] | None:
        """What has been read for them."""
        found: _Return = recalled.start
        return found.missed

    def repeats(self, recalled: Recalled, arguments: Sequence[Any]) -> bool:
        """Whether it is an entry that they have just been given, whatever its offset says, or a notification as it was
        before.
        """
        found: _Return = recalled.start
        _, event, offset = arguments
        if found.given.namespace == CHAT:
            return (event["conversation_id"], event["seq"]) in found.places
        return offsets.is_exact(offset) and (offsets.read(self._epoch, offset) or 0) <= found.seq

    async def remember(self, member: Member) -> str | None:
        """A new pid for a connection that is known here; whoever was recovered keeps the old one."""
        connection = self._online.get(member.sid)
        if self._key is None or connection is None or member.pid is not None:
            return None
        # The reply may reach the client and what is held behind it may not.
        held = (offsets.read(self._epoch, offset) for offset in held_offsets(member) if offsets.is_exact(offset))
        given = Pass.new(
            member.namespace,
            self._epoch,
            account_id=connection.account_id,
            session_id=connection.session_id,
            start=min([connection.start, *(place - 1 for place in held if place)]),
            issued_at=self._now(),
        )
        return signed(self._key, given)

    # What the door asks

    async def read(
        self, recalled: Recalled, offset: object, account_id: int, session_id: int, *, is_polled: bool
    ) -> bool:
        """Whether somebody gets their session back: it was theirs, and what they have missed is read and not too much.

        ``offset`` is what they brought. To be asked when all that happens from now on reaches the connection.
        """
        found: _Return = recalled.start
        if (account_id, session_id) != recalled.account:
            return self._is_over("another session")
        after = self._after(found.given, offset)
        if after is None:
            return self._is_over("not our offset")
        try:
            missed = await self._missed(found, after, MOST_POLLED if is_polled else MOST)
        except Exception:
            # It costs them the recovery and nothing else: they come with the same pid again and again.
            _log.exception("what a client has missed could not be read")
            return self._is_over("failed")
        if missed is None or sum(map(_size, missed)) > MOST_BYTES:
            return self._is_over("too much")
        found.missed = missed
        self.outcomes["recovered"] += 1
        return True

    def _after(self, given: Pass, offset: object) -> int | None:
        if offset is None:
            return given.start
        place = offsets.read(self._epoch, offset) if isinstance(offset, str) else None
        # A client that was not recovered still brings the offset of the session before.
        return None if place is None else max(place, given.start)

    async def _missed(self, found: _Return, after: int, most: int) -> list[Missed] | None:
        given = found.given
        if given.namespace == CHAT:
            entries = await self._gap.entries(given.account_id, after, most, MOST_BYTES)
            if entries is None:
                return None
            await self._until_told(entries[-1].position if entries else 0)
            found.places = {(entry.conversation_id, entry.seq) for entry in entries}
            return [self._as_told(entry) for entry in entries]
        rows = await self._gap.notifications(given.account_id, after, most)
        if rows is None:
            return None
        await self._until_told(0)
        found.seq = rows[-1].seq if rows else after
        return [self._as_rung(row, after) for row in rows]

    async def _until_told(self, position: int) -> None:
        """What was read comes to the rooms too: there it is held while the member joins and found to be the same, and
        told later it would come once more.
        """
        try:
            async with asyncio.timeout(SOON_S):
                await self.until_told(position)
        except TimeoutError:
            # A commit that stands still. Among several it costs nobody their session: there, something may come again.
            if self.is_alone:
                raise

    def _as_told(self, entry: records.Entry) -> Missed:
        # Together they are everything up to each of them.
        offset = offsets.written(self._epoch, entry.position, entry.position)
        return Missed(entry.kind, (msgspec.Raw(_encode(chat.Entry.of(entry))), offset))

    def _as_rung(self, row: Notification, after: int) -> Missed:
        return Missed(event_of(row, after), (msgspec.Raw(_encode(row)), offsets.written(self._epoch, row.seq, row.seq)))

    def _is_over(self, why: str) -> bool:
        self.outcomes[why] += 1
        return False


async def _at_once(position: int) -> None:
    """Nobody tells anybody anything."""


def event_of(row: Notification, after_seq: int) -> str:
    """What a row is to somebody who knows the inbox up to ``after_seq``: new, whatever has become of it, or changed."""
    created_seq = row.data.get("created_seq")
    if created_seq is None:  # a row of old
        is_new = row.count == 1 and row.seen_at is row.read_at is row.archived_at is None
    else:
        is_new = created_seq > after_seq
    return "notification_created" if is_new else "notification_changed"


def _size(missed: Missed) -> int:
    return len(missed.arguments[0])
