"""What a commit announced goes out to everybody it concerns, in commit order, off the request path."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import msgspec

from server import records
from server.realtime import facts
from server.realtime.bells import Bells, CountsOf
from server.realtime.delivery import Delivery, Sockets
from server.realtime.inboxes import ChangesAfter, Inboxes
from server.realtime.online import Online
from server.realtime.order import Log, Order
from server.realtime.rooms import conversation_in, conversation_room
from server.realtime.streams import Streams

STOP_S = 3.0
"""So long at most what waits is delivered in the end: the log may be out of reach."""
_SAID = "said"
_log = logging.getLogger(__name__)


class Others(Protocol):
    """The other workers, as far as the publisher needs them."""

    def say(self, room: str | None, kind: str, body: Any, *, fleeting: bool = False) -> None:
        """Tells the workers with members in a room; never waits."""

    def on(self, kind: str, hear: Callable[[str, msgspec.Raw], None]) -> None:
        """Who hears what they say."""


class Said(msgspec.Struct, frozen=True):
    """Something for the others in a conversation that nobody keeps: typing."""

    event: str
    body: msgspec.Raw
    conversation_id: int
    account_id: int


async def _nobody(fact: records.PersonFact) -> None:
    """Without people to tell."""


class Publisher:
    """Turns facts into events, here and at the other workers.

    ``publish`` is called after each commit and never waits. ``wake`` is called when the log has grown, so that
    followers look; ``on_sight(account_id, other_id)`` when somebody may see another one's presence from now on, or no
    longer. ``log`` is where to read what other workers wrote; whoever is alone needs none. ``streams`` are those who
    read along over plain HTTP.
    """

    def __init__(
        self,
        sockets: Sockets,
        online: Online,
        counts_of: CountsOf,
        log: Log | None = None,
        streams: Streams | None = None,
        changes_after: ChangesAfter | None = None,
    ) -> None:
        self._online = online
        self._streams = streams
        self.delivery = Delivery(sockets, online, streams)
        self.order = Order(self.delivery, log)
        self.inboxes = Inboxes(online, self.delivery.notification, changes_after, self.order.healed)
        self._bells = Bells(sockets, online, counts_of)
        self._others: Others | None = None
        self._waiting: deque[tuple[records.Fact | Said, bool]] = deque()
        self._more = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None
        self.wake: list[Callable[[], None]] = []
        self.on_sight: Callable[[int, int], None] = lambda account_id, other_id: None
        self.on_person: Callable[[records.PersonFact], Awaitable[None]] = _nobody
        self.on_published: Callable[[int], None] = lambda count: None

    def start(self, epoch: str, others: Others | None = None) -> None:
        """Begins to deliver; ``epoch`` is the head of every offset."""
        self.delivery.epoch = epoch
        self.delivery.complete = lambda: self.order.complete
        self._others = others
        if others is not None:
            self.order.is_shared = self.inboxes.is_shared = True
            for name in facts.KINDS:
                others.on(name, partial(self._hear, partial(facts.read, name)))
            others.on(_SAID, partial(self._hear, msgspec.json.Decoder(Said).decode))
        self._task = asyncio.create_task(self._run(), name="publisher")

    async def stop(self) -> None:
        """Delivers what waits, then ends."""
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):  # what is not told is in the log
            async with asyncio.timeout(STOP_S):
                await self._idle.wait()
        await self._bells.rung()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.order.stop()
        await self.inboxes.stop()

    async def until_told(self, position: int) -> None:
        """Returns when everything published so far has gone out; where this worker is alone, the log up to ``position``
        as well, whoever wrote it.
        """
        await self._idle.wait()
        if not self.order.is_shared:
            await self.order.read_up_to(position)

    def publish(self, announced: Sequence[records.Fact]) -> None:
        """Takes over what a commit announced, in its order."""
        for fact in announced:
            self._waiting.append((fact, True))
            if self._others is not None:
                self._others.say(facts.room_of(fact), facts.name_of(fact), fact)
        self._go_on()
        for wake in self.wake:
            wake()
        self.on_published(sum(isinstance(fact, records.Entry) for fact in announced))

    def say(self, event: str, body: msgspec.Struct, conversation_id: int, account_id: int) -> None:
        """Tells everybody in a conversation but one person; nobody keeps it."""
        said = Said(event, msgspec.Raw(msgspec.json.encode(body)), conversation_id, account_id)
        self._waiting.append((said, True))
        if self._others is not None:
            self._others.say(conversation_room(conversation_id), _SAID, said, fleeting=True)
        self._go_on()

    def compare_bells(self, newest: Mapping[int, int]) -> None:
        """Tells those again who may have missed something; ``newest`` change of each inbox."""
        self.inboxes.compare(newest)
        self._bells.compare(newest)

    def opened(self, room: str) -> None:
        """A room has its first member here."""
        if (conversation_id := conversation_in(room)) is not None:
            self.order.opened(conversation_id)

    def closed(self, room: str) -> None:
        """It has none any more."""
        if (conversation_id := conversation_in(room)) is not None:
            self.order.closed(conversation_id)

    def _hear(self, read: Callable[[msgspec.Raw], records.Fact | Said], worker: str, body: msgspec.Raw) -> None:
        self._waiting.append((read(body), False))
        self._go_on()

    def _go_on(self) -> None:
        self._idle.clear()
        self._more.set()

    async def _run(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            changed_inboxes: set[int] = set()
            while self._waiting:
                fact, is_own = self._waiting.popleft()
                try:
                    await self._deliver(fact, is_own, changed_inboxes)
                except Exception:
                    # An event is a hint: whoever missed it finds the gap and fetches.
                    _log.exception("delivering %s failed", type(fact).__name__)
            self._bells.changed(changed_inboxes)
            if self._streams is not None:
                self._streams.stir_inboxes(changed_inboxes)
            self._bells.ring()
            self._idle.set()

    async def _deliver(self, fact: records.Fact | Said, is_own: bool, changed_inboxes: set[int]) -> None:
        match fact:
            case records.Entry():
                await self.order.take(fact)
            case records.AccountChange():
                await self._account_change(fact, is_own)
            case records.ReadMark():
                await self.delivery.read_mark(fact)
            case records.ReceivedMark():
                await self.delivery.received_mark(fact)
            case records.NotificationChange():
                changed_inboxes.add(fact.account_id)
                await self.inboxes.take(fact)
            case records.CountsChanged():
                changed_inboxes.add(fact.account_id)
                self.inboxes.skip(fact)
            case records.SessionsEnded():
                await self.delivery.end_sessions(fact.session_ids)
            case records.SightChanged():
                self.on_sight(fact.account_id, fact.other_id)
            case records.FaceChanged() | records.StatusChanged() | records.PrivacyChanged():
                await self.on_person(fact)
            case Said():
                await self.delivery.others_of(fact.event, fact.body, fact.conversation_id, fact.account_id)

    async def _account_change(self, change: records.AccountChange, is_own: bool) -> None:
        payload = msgspec.json.decode(change.data)
        if change.event == "conversation_added":
            # A direct conversation has no entry that brings its two people in.
            added = payload["conversation"]
            head_seq = added.get("head_seq", 0)
            await self.order.join(added["id"], change.account_id, head_seq, is_own=is_own)
        await self.delivery.account_change(change, payload)
