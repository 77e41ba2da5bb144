"""Those who read along over plain HTTP: each at a place in the log and in an inbox, and woken when more is there.

Nothing is kept for them but the place. What is delivered here only wakes them; they read what is new from the log,
so that nothing comes twice and nothing is missing, whichever worker they come back to. Whoever reads slowly is behind
and holds nothing back.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import msgspec

from server import records
from server.clock import Now
from server.errors import RateLimited, Unavailable
from server.metrics import Metrics
from server.protocol import chat
from server.protocol.http import StreamReset, WhyReset
from server.protocol.notifications import Counts, InboxReady, Notification
from server.realtime import offsets
from server.realtime.offsets import Place
from server.realtime.online import Connection, Online
from server.realtime.recovery import event_of
from server.realtime.rooms import account_room, conversation_room

STREAM = "/stream"
"""Where streams stand among the connections: beside the namespaces, without one of their own."""
MOST_EACH = 8
"""Streams and waiting polls of one account at one worker."""
MOST = 2000
"""Entries missed; whoever has missed more starts over. Of an inbox's changes so many are told at once."""
MOST_CHARACTERS = 2_000_000
GATHER_S = 0.03
"""What is written within a moment is read at once."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class News:
    """What is new since a place; ``entries`` is None when it is too much. See ``storage.streaming``."""

    position: int
    seq: int
    entries: Sequence[records.Entry] | None
    notifications: Sequence[Notification]
    counts: Counts


@dataclass(frozen=True, slots=True)
class Reading:
    """``news(account_id, position, seq, limit, characters, is_whole)``; ``inside(account_id)`` are a position of the
    log and the conversations that somebody belongs to.
    """

    news: Callable[[int, int, int, int, int, bool], Awaitable[News]]
    inside: Callable[[int], Awaitable[tuple[int, set[int]]]]


class Rooms(Protocol):
    """Where other workers' deliveries come from: listened to from the first who is inside to the last."""

    on_first: Callable[[str, str], None]
    on_last: Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Told:
    """An event with its JSON, and the offset of everything up to it."""

    event: str
    data: bytes
    offset: str


@dataclass(eq=False, slots=True)
class Stream:
    """One who reads along. ``is_whole``: entries too, not notifications alone. ``over``: why it ends, if it does."""

    connection: Connection
    is_whole: bool
    place: Place
    inside: set[int] = field(default_factory=set)
    bell: Counts | None = None
    over: Literal["signed_out", "draining"] | None = None
    more: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def account_id(self) -> int:
        """Who reads."""
        return self.connection.account_id

    async def woken(self, timeout_s: float) -> bool:
        """Returns soon after something may be new, and after ``timeout_s`` in any case; which of the two it was."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self.more.wait()
                await asyncio.sleep(GATHER_S)
        is_more = self.more.is_set()
        self.more.clear()
        return is_more

    def end(self, why: Literal["signed_out", "draining"]) -> None:
        """Nothing more comes."""
        self.over = self.over or why
        self.more.set()


class Streams:
    """The streams of this process, found by what wakes them."""

    def __init__(self, online: Online, now: Now, *, most_each: int = MOST_EACH, most: int = MOST) -> None:
        self._online = online
        self._now = now
        self._most_each = most_each
        self._most = most
        self._rooms: Rooms | None = None
        self._reading: Reading
        self._epoch = ""
        self._draining = False
        self._by_account: dict[int, set[Stream]] = {}
        self._by_conversation: dict[int, set[Stream]] = {}

    def start(self, epoch: str, reading: Reading, rooms: Rooms | None = None) -> None:
        """Begins; ``rooms`` are those shared with other workers, if there are any."""
        self._epoch, self._reading, self._rooms = epoch, reading, rooms

    def counted_by(self, metrics: Metrics) -> None:
        """Shows how many read along."""
        metrics.measured("madang_streams", "Streams and waiting polls over HTTP.", self.count)

    def count(self) -> int:
        """How many read along."""
        return sum(map(len, self._by_account.values()))

    # Those who read

    @contextlib.asynccontextmanager
    async def opened(self, account_id: int, session_id: int, *, is_whole: bool) -> AsyncIterator[Stream]:
        """A new stream of a device, at no place yet. Raises RateLimited beyond ``most_each``, and Unavailable when this
        worker stops.
        """
        if self._draining:
            raise Unavailable("This worker stops. Try again.", retry_after_ms=1000)
        if len(self._by_account.get(account_id, ())) >= self._most_each:
            raise RateLimited(
                f"An account may have {self._most_each} streams and waiting polls at once.", retry_after_ms=5000
            )
        sid = secrets.token_hex(10)
        connection = Connection(sid, STREAM, account_id, session_id, self._now())
        stream = Stream(connection, is_whole, Place(0, 0))
        self._online.add(stream.connection)
        self._put(self._by_account, account_id, stream, account_room(account_id))
        try:
            if is_whole:
                _, inside = await self._reading.inside(account_id)
                for conversation_id in inside:
                    self._enter(stream, conversation_id)
            yield stream
        finally:
            self._close(stream)

    async def begin(self, stream: Stream, offset: str | None) -> list[Told]:
        """What was missed since ``offset``, then ``ready``; ``reset`` instead, when it cannot be told what that was."""
        after, why = self._after(stream, offset)
        if after is not None:
            stream.place = after
            missed = await self.next(stream)
            recovered = not any(told.event == "reset" for told in missed)
            return [*missed, self._ready(stream, recovered)]
        await self._jump(stream)
        head = [self._reset(stream, why)] if why else []
        return [*head, self._ready(stream, False)]

    async def next(self, stream: Stream) -> list[Told]:
        """What is new since the stream's place, which moves on; a ``reset`` when it is too much."""
        place = stream.place
        news = await self._reading.news(
            stream.account_id, place.position, place.seq, self._most, MOST_CHARACTERS, stream.is_whole
        )
        is_known = (news.position >= place.position or not stream.is_whole) and news.counts.head_seq >= place.seq
        if not is_known or news.entries is None:
            await self._jump(stream)
            return [self._reset(stream, "too_much" if is_known else "unknown_offset")]
        told = []
        for entry in news.entries:
            stream.place = Place(entry.position, place.seq)
            told.append(self._told(stream, entry.kind, _encode(chat.Entry.of(entry))))
        for row in news.notifications:
            stream.place = Place(news.position, row.seq)
            told.append(self._told(stream, event_of(row, place.seq), _encode(row)))
        stream.place = Place(news.position, news.seq)
        if news.seq < news.counts.head_seq:
            stream.more.set()
        elif stream.bell is not None and stream.bell != news.counts:
            told.append(self._told(stream, "counts", _encode(news.counts)))
        stream.bell = news.counts
        return told

    def offset(self, stream: Stream) -> str:
        """That of everything up to the stream's place; the sockets' own for notifications alone."""
        if stream.is_whole:
            return offsets.written_both(self._epoch, stream.place)
        return offsets.written(self._epoch, stream.place.seq, stream.place.seq)

    # What wakes them

    def stir(self, conversation_id: int) -> None:
        """Something was written in a conversation."""
        for stream in self._by_conversation.get(conversation_id, ()):
            stream.more.set()

    def stir_inboxes(self, account_ids: Iterable[int]) -> None:
        """These inboxes have changed."""
        for account_id in account_ids:
            for stream in self._by_account.get(account_id, ()):
                stream.more.set()

    def enter(self, account_id: int, conversation_id: int) -> None:
        """Somebody belongs to a conversation now."""
        for stream in self._by_account.get(account_id, ()):
            if stream.is_whole:
                self._enter(stream, conversation_id)
                stream.more.set()

    def end_sessions(self, session_ids: Collection[int]) -> None:
        """These devices were signed out."""
        for streams in self._by_account.values():
            for stream in streams:
                if stream.connection.session_id in session_ids:
                    stream.end("signed_out")

    def drain(self) -> None:
        """This worker stops: every stream ends, and none begins."""
        self._draining = True
        for streams in self._by_account.values():
            for stream in streams:
                stream.end("draining")

    # Below the surface

    def _after(self, stream: Stream, offset: str | None) -> tuple[Place | None, WhyReset | None]:
        if not offset:
            return None, None
        place = offsets.read_both(self._epoch, offset)
        if place is None and not stream.is_whole and (seq := offsets.read(self._epoch, offset)) is not None:
            place = Place(0, seq)
        is_elsewhere = place is None and offsets.epoch_of(offset) not in ("", self._epoch)
        return place, "another_epoch" if is_elsewhere else "unknown_offset"

    async def _jump(self, stream: Stream) -> None:
        """To the newest place there is; what lies between is not told."""
        news = await self._reading.news(stream.account_id, 0, 0, 1, 0, False)
        stream.place, stream.bell = Place(news.position, news.counts.head_seq), news.counts

    def _ready(self, stream: Stream, recovered: bool) -> Told:
        assert stream.bell is not None
        bell = stream.bell
        body = InboxReady(head_seq=bell.head_seq, unseen=bell.unseen, unread=bell.unread, recovered=recovered)
        return self._told(stream, "ready", _encode(body))

    def _reset(self, stream: Stream, why: WhyReset) -> Told:
        return self._told(stream, "reset", _encode(StreamReset(reason=why)))

    def _told(self, stream: Stream, event: str, data: bytes) -> Told:
        return Told(event, data, self.offset(stream))

    def _enter(self, stream: Stream, conversation_id: int) -> None:
        if conversation_id not in stream.inside:
            stream.inside.add(conversation_id)
            self._put(self._by_conversation, conversation_id, stream, conversation_room(conversation_id))

    def _close(self, stream: Stream) -> None:
        self._online.remove(stream.connection.sid)
        for conversation_id in stream.inside:
            self._take(self._by_conversation, conversation_id, stream, conversation_room(conversation_id))
        self._take(self._by_account, stream.account_id, stream, account_room(stream.account_id))

    def _put(self, place: dict[int, set[Stream]], key: int, stream: Stream, room: str) -> None:
        is_first = key not in place
        place.setdefault(key, set()).add(stream)
        if is_first and self._rooms is not None:
            self._rooms.on_first(STREAM, room)

    def _take(self, place: dict[int, set[Stream]], key: int, stream: Stream, room: str) -> None:
        place[key].discard(stream)
        if not place[key]:
            del place[key]
            if self._rooms is not None:
                self._rooms.on_last(STREAM, room)
