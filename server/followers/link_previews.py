"""Cards under messages with a link: reads the log, fetches the pages, and says what they are."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

import msgspec

from server.clock import Now
from server.followers.fetching import Fetched, Fetcher
from server.followers.page_head import head_of
from server.protocol import chat
from server.records import Entry
from server.storage import followers, log, previews
from server.storage.database import Database
from server.storage.previews import Picture

NAME = "link_previews"
TOO_LATE_MS = 10 * 60 * 1000
"""What was said longer ago, while nobody looked, gets no card any more."""
FAR_BEHIND = 5000
AT_ONCE = 4
BATCH = 200
PAGE_BYTES = 512 * 1024
PICTURE_BYTES = 4 * 1024 * 1024
WAIT_S = 5.0
PAGES = ("text/html", "application/xhtml+xml")
PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/avif")

_CODE = re.compile(r"```.*?(?:```|$)|`[^`\n]*`", re.DOTALL)
_LINK = re.compile(r"https?://[^\s<>\"'`\u3000-\u303f]+", re.IGNORECASE)
_AFTER_SENTENCE = ".,!?;:'\"*_~…。、)]}"
_LONGEST_LINK = 2000
_log = logging.getLogger(__name__)


class _Said(msgspec.Struct):
    """As much of a message, or of an edit, as matters here."""

    text: str


_SAID = msgspec.json.Decoder(_Said)


@dataclass(frozen=True, slots=True)
class Look:
    """A message whose link is to be looked at; without ``url`` its card goes."""

    conversation_id: int
    seq: int
    url: str | None


def first_link(text: str) -> str | None:
    """The first address of the web in a text, outside of code."""
    if "http" not in text and "HTTP" not in text:
        return None
    found = _LINK.search(_CODE.sub(" ", text))
    if found is None or len(found[0]) > _LONGEST_LINK:
        return None
    return _without_tail(found[0])


def _without_tail(url: str) -> str:
    """Without the punctuation of the sentence around it; a bracket that was opened inside belongs to it."""
    while url[-1] in _AFTER_SENTENCE:
        opened = {")": "(", "]": "[", "}": "{"}.get(url[-1])
        if opened and url.count(opened) >= url.count(url[-1]):
            break
        url = url[:-1]
    return url


class LinkPreviews:
    """Follows the log and puts cards under messages.

    Whoever moves the position first has taken these messages, so that of several processes one asks a page. It is
    moved before the pages are asked: what a crash breaks off gets no card, and no page is asked twice. ``keep_picture``
    makes a small copy in the store, ``forget`` removes bytes, ``own`` are the origins of this server.
    """

    def __init__(
        self,
        db: Database,
        fetcher: Fetcher,
        now: Now,
        keep_picture: Callable[[bytes], Awaitable[Picture | None]],
        forget: Callable[[list[str]], Awaitable[None]],
        own: Collection[str] = (),
    ) -> None:
        self._db = db
        self._fetcher = fetcher
        self._now = now
        self._keep_picture = keep_picture
        self._forget = forget
        self._own = own
        self._places = asyncio.Semaphore(AT_ONCE)
        self._awake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin with what is said from now on, or a moment ago."""
        self._awake.set()
        self._task = asyncio.create_task(self._run(), name="follower link_previews")

    def wake(self) -> None:
        """Something has been committed. To be called on the event loop; costs nothing."""
        self._awake.set()

    async def stop(self) -> None:
        """Ends; a page that is being asked is left."""
        self._stopping.set()
        self._awake.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._fetcher.close()

    async def catch_up(self) -> None:
        """Handles everything that waits."""
        more = True
        while more and not self._stopping.is_set():
            looks, more = await self._db.write(self._take)
            await asyncio.gather(*(self._look_in_turn(look) for look in looks))

    async def _run(self) -> None:
        while not self._stopping.is_set():
            await self._awake.wait()
            self._awake.clear()
            try:
                await self.catch_up()
            except Exception:
                _log.exception("the link previews cannot go on and will try again")
                self._awake.set()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), WAIT_S)

    def _take(self) -> tuple[list[Look], bool]:
        """In the writer's thread: what is new, which is nobody else's from now on, and whether there is more."""
        done = followers.held_position_of(NAME)
        newest = log.last_position()
        if newest - done > FAR_BEHIND:
            done = newest - FAR_BEHIND
        entries = log.read_after(done, BATCH)
        if not entries:
            return [], False
        followers.move_to(NAME, entries[-1].position)
        return self._looks(entries), len(entries) == BATCH

    def _looks(self, entries: Sequence[Entry]) -> list[Look]:
        """The last word on each message."""
        looks: dict[tuple[int, int], Look] = {}
        for entry in entries:
            if entry.at < self._now() - TOO_LATE_MS:
                continue
            if entry.kind == "message_created":
                if url := self._link(_SAID.decode(entry.data).text):
                    looks[entry.conversation_id, entry.seq] = Look(entry.conversation_id, entry.seq, url)
            elif entry.kind == "message_edited" and entry.target_seq is not None:
                url = self._link(_SAID.decode(entry.data).text)
                before = previews.text_before(entry.conversation_id, entry.target_seq, entry.seq)
                if url != self._link(before):
                    key = entry.conversation_id, entry.target_seq
                    looks[key] = Look(*key, url)
        return list(looks.values())

    def _link(self, text: str) -> str | None:
        url = first_link(text)
        ours = url is not None and any(f"{url}/".startswith(f"{origin}/") for origin in self._own)
        return None if ours else url

    async def _look_in_turn(self, look: Look) -> None:
        async with self._places:
            try:
                await self._look(look)
            except Exception:
                # One page must not keep the others from their cards.
                _log.exception("a link could not be looked at")

    async def _look(self, look: Look) -> None:
        card, picture = await self._card(look.url) if look.url else (None, None)
        gone = await self._db.write(
            previews.put,
            look.conversation_id,
            look.seq,
            lambda text: self._link(text) == look.url,
            card,
            picture,
            self._now(),
        )
        await self._forget(gone)

    async def _card(self, url: str) -> tuple[chat.Preview | None, Picture | None]:
        page = await self._fetcher.get(url, PAGES, PAGE_BYTES)
        head = head_of(page.content, page.charset, page.url) if page else None
        if head is None:
            return None, None
        card = chat.Preview(url=url, title=head.title, description=head.description, site_name=head.site_name)
        return card, await self._picture(head.image_url) if head.image_url else None

    async def _picture(self, url: str) -> Picture | None:
        found: Fetched | None = await self._fetcher.get(url, PICTURES, PICTURE_BYTES)
        return await self._keep_picture(found.content) if found and found.whole else None
