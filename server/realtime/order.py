"""Each conversation strictly by ``seq``: what this worker was not told of is read from the log before what follows.

Whoever is alone goes further: everything strictly by position, so that each offset says exactly what was told before.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from server import records
from server.realtime.complaint import Complaint

PAGE = 200
AGAIN_S = 1.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Log:
    """What is read from the conversation log.

    ``missed(conversation_id, after_seq, position, limit)`` are entries after ``after_seq``; with None, those
    behind what had been written when the log had come to ``position``. ``members_among(conversation_id,
    account_ids)`` are those who belong to it now. ``between(after, up_to, limit)`` are entries of all conversations
    by their positions, each with the accounts that come in with it.
    """

    missed: Callable[[int, int | None, int, int], Awaitable[Sequence[records.Entry]]]
    members_among: Callable[[int, Sequence[int]], Awaitable[Sequence[int]]]
    between: Callable[[int, int, int], Awaitable[Sequence[tuple[records.Entry, Sequence[int]]]]]


class Deliver(Protocol):
    """Who writes to the connections of this worker."""

    async def entry(self, entry: records.Entry) -> None:
        """Tells the members of a conversation, and moves who comes or goes."""

    async def enter(self, account_id: int, conversation_id: int) -> None:
        """Puts everybody's devices into a conversation's room."""


@dataclass(slots=True, eq=False)
class _Reading:
    """A conversation that is being read: how far it has to come, why, and who may enter first."""

    up_to: int
    why: str
    joining: set[int] = field(default_factory=set)
    looked_for: set[int] = field(default_factory=set)


class Order:
    """Lets entries through to ``deliver`` in the order of their conversation, each once.

    A conversation is open while its room has members here. ``position`` is how far this worker has verified
    that it delivered everything (see Sweep); a conversation that opens is taken up from there, so that what
    its first member reads while joining and what is delivered overlap. While one conversation is read, the others
    go on. Without ``is_shared`` there is no other worker, and a missing position was written by somebody at the command
    line, or by a commit whose end nobody heard of: it is read before anything else is delivered.
    """

    def __init__(self, deliver: Deliver, log: Log | None) -> None:
        self.position = 0
        self.verified = 0
        """Up to here, everything has been delivered to everybody who was here (see Sweep)."""
        self.seen = 0
        """Where there is no other worker: up to here, everything has been delivered."""
        self.is_shared = False
        self.healed: Counter[str] = Counter()
        """Entries read from the log, by what showed that they were missing: opening, gap, sweep."""
        self._deliver = deliver
        self._log = log
        self._known: dict[int, int] = {}
        self._fresh: dict[int, int] = {}  # open, and nothing was delivered yet: the position at that time
        self._reading: dict[int, _Reading] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._one_reads = asyncio.Lock()
        self._complaint = Complaint(_log, "a conversation could not be read up to what other workers wrote")

    def begin(self, position: int) -> None:
        """To be called before anything is delivered, with how far the log has come."""
        self.position = self.verified = self.seen = position

    @property
    def complete(self) -> int:
        """The last place of which it is certain that nothing up to it is still to come: what an offset may say."""
        return self.verified if self.is_shared else self.seen

    def reading(self) -> set[object]:
        """What is being read from the log now."""
        return set(self._reading.values())

    def opened(self, conversation_id: int) -> None:
        """A room has its first member here."""
        if conversation_id not in self._known:
            self._fresh.setdefault(conversation_id, self.position)

    def closed(self, conversation_id: int) -> None:
        """Nobody is there any more."""
        self._known.pop(conversation_id, None)
        self._fresh.pop(conversation_id, None)
        # What is being read was missing to those who have gone, and says nothing to whoever comes next.
        reading = self._reading.pop(conversation_id, None)
        if reading is not None and (joining := reading.joining | reading.looked_for):
            self._read(conversation_id, 0, reading.why, joining)

    async def stop(self) -> None:
        """Ends what is being read."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def take(self, entry: records.Entry) -> None:
        """Delivers an entry when its turn has come: now, after what is read from the log, or never again."""
        if not self.is_shared:
            await self._take_alone(entry)
            return
        conversation_id, seq = entry.conversation_id, entry.seq
        known = self._known.get(conversation_id)
        if conversation_id in self._reading:
            self._read(conversation_id, seq, "gap")
        elif known is None:
            if conversation_id in self._fresh:
                self._read(conversation_id, seq, "opening")
            else:
                # To nobody but those whom it brings in, who have it then.
                await self._deliver.entry(entry)
                self._come_to(conversation_id, seq)
        elif seq == known + 1:
            self._known[conversation_id] = seq
            await self._deliver.entry(entry)
        elif seq > known:
            self._read(conversation_id, seq, "gap")

    async def join(self, conversation_id: int, account_id: int, head_seq: int, *, is_own: bool) -> None:
        """Lets somebody in who was added when the log had come to ``head_seq``; later, and after a look whether
        they still belong, when this worker may have seen them go in the meantime.
        """
        known = self._known.get(conversation_id)
        is_next = conversation_id not in self._fresh and (known is None or known <= head_seq)
        if not self.is_shared or (is_own and is_next and conversation_id not in self._reading):
            await self._deliver.enter(account_id, conversation_id)
        else:
            self._read(conversation_id, 0, "opening", [account_id])

    def has_delivered(self, conversation_id: int, seq: int, position: int) -> bool:
        """Whether an entry was handed to everybody here, or there was nobody for it."""
        return position <= self.complete or self._known.get(conversation_id, 0) >= seq

    def behind(self, heads: Mapping[int, int]) -> dict[int, int]:
        """Those open conversations that have not been delivered up to these heads."""
        return {
            conversation_id: head
            for conversation_id, head in heads.items()
            if conversation_id in self._fresh or self._known.get(conversation_id, head) < head
        }

    def catch_up(self, conversation_id: int, head: int, joining: Iterable[int] = ()) -> None:
        """Reads what is missing up to ``head``; before that, lets in who belongs to it."""
        self._read(conversation_id, head, "sweep", joining)

    # Without other workers

    async def _take_alone(self, entry: records.Entry) -> None:
        while self.seen + 1 < entry.position:
            try:
                await self.read_up_to(entry.position - 1)
            except Exception as error:
                # What follows has to wait: told without what is missing, its offset would say that it was told.
                self._complaint.about(error)
                await asyncio.sleep(AGAIN_S)
        if self.seen < entry.position:
            self.seen = entry.position
            await self._deliver.entry(entry)

    async def read_up_to(self, position: int) -> None:
        """Delivers what is in the log up to ``position`` and has not come by. Only where there is no other worker."""
        if self.seen >= position:
            return
        async with self._one_reads:
            while self.seen < position:
                found = [] if self._log is None else await self._log.between(self.seen, position, PAGE)
                for entry, coming in found:
                    if self.seen < entry.position:  # it may have come by while this was read
                        self.seen = entry.position
                        await self._deliver_one(entry, coming)
                if len(found) < PAGE:
                    self.seen = max(self.seen, position)  # where nothing is, nothing comes any more
        self._complaint.withdrawn()

    # Reading

    def _read(self, conversation_id: int, up_to: int, why: str, joining: Iterable[int] = ()) -> None:
        reading = self._reading.get(conversation_id)
        if reading is None:
            if self._log is None:
                return
            reading = self._reading[conversation_id] = _Reading(up_to, why)
            task = asyncio.create_task(self._catch_up(self._log, conversation_id, reading), name="catching up")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        reading.up_to = max(reading.up_to, up_to)
        reading.joining.update(joining)

    async def _catch_up(self, log: Log, conversation_id: int, reading: _Reading) -> None:
        while self._reading.get(conversation_id) is reading:
            try:
                goes_on = await self._step(log, conversation_id, reading)
                self._complaint.withdrawn()
                if not goes_on:
                    break
            except Exception as error:
                self._complaint.about(error)
                reading.joining |= reading.looked_for
                if not reading.joining:
                    break  # it stays behind: the next sweep begins again
                await asyncio.sleep(AGAIN_S)
        if self._reading.get(conversation_id) is reading:
            del self._reading[conversation_id]

    async def _step(self, log: Log, conversation_id: int, reading: _Reading) -> bool:
        """One look into the log; whether there is more to do."""
        if reading.joining:
            await self._let_in(log, conversation_id, reading)
            return True
        known, since, wanted = self._known.get(conversation_id), self._fresh.get(conversation_id), reading.up_to
        if known is None and (since is None or not wanted):
            return False  # nobody is there, or nothing has come by yet
        if known is not None and known >= wanted:
            return False
        entries = await log.missed(conversation_id, known, since or 0, PAGE)
        for entry in entries:
            if self._reading.get(conversation_id) is not reading:
                return False
            await self._next(entry, reading.why)
        if entries:
            return True
        if known is None and self._reading.get(conversation_id) is reading:
            self._come_to(conversation_id, wanted)  # older than what its members have read when they came
        return reading.up_to > wanted

    async def _let_in(self, log: Log, conversation_id: int, reading: _Reading) -> None:
        reading.looked_for, reading.joining = reading.joining, set()
        members = await log.members_among(conversation_id, sorted(reading.looked_for))
        if self._reading.get(conversation_id) is reading:
            reading.looked_for = set()
            for account_id in members:
                await self._deliver.enter(account_id, conversation_id)

    async def _next(self, entry: records.Entry, why: str) -> None:
        if entry.seq <= self._known.get(entry.conversation_id, 0):
            return
        self._come_to(entry.conversation_id, entry.seq)
        self.healed[why] += 1
        await self._deliver_one(entry)

    async def _deliver_one(self, entry: records.Entry, coming: Sequence[int] = ()) -> None:
        try:
            for account_id in coming:
                await self._deliver.enter(account_id, entry.conversation_id)
            await self._deliver.entry(entry)
        except Exception:
            _log.exception("delivering an entry failed")

    def _come_to(self, conversation_id: int, seq: int) -> None:
        if self._fresh.pop(conversation_id, None) is not None:
            self._known[conversation_id] = seq
        elif conversation_id in self._known:
            self._known[conversation_id] = max(self._known[conversation_id], seq)
