"""Readers of Server-Sent Events for tests: by aiohttp, and by a real ``curl -N``."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Event:
    """One event as a browser would hand it over."""

    id: str
    name: str
    data: Any


class EventStream:
    """What came over one stream: ``events``, and ``last_id`` as a browser keeps it, heartbeats included."""

    def __init__(self, last_id: str = "") -> None:
        self.events: list[Event] = []
        self.beats = 0
        self.last_id = last_id
        self.ended = asyncio.Event()
        self._news = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    def follow(self, lines: AsyncIterator[bytes]) -> None:
        """Begins to take over the lines of an answer."""
        self._task = asyncio.create_task(self._read(lines))

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def named(self, *names: str) -> list[Event]:
        """The events of these names, in the order of their arrival."""
        return [one for one in self.events if one.name in names]

    async def event(self, name: str, where: Callable[[Any], bool] = lambda data: True) -> Event:
        """The first of that name whose data fits, come or still to come."""

        def fits() -> list[Event]:
            return [one for one in self.named(name) if where(one.data)]

        try:
            async with asyncio.timeout(PATIENCE_S), self._news:
                await self._news.wait_for(lambda: bool(fits()))
        except TimeoutError:
            raise AssertionError(f"no {name} came; there are {[one.name for one in self.events]}") from None
        return fits()[0]

    async def said(self, text: str) -> Event:
        """The entry of the message that says ``text``."""
        return await self.event("message_created", lambda entry: entry["data"]["text"] == text)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until something that came makes ``condition`` true."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(condition)

    async def until_ended(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self.ended.wait()

    async def _read(self, lines: AsyncIterator[bytes]) -> None:
        fields: dict[str, str] = {}
        with contextlib.suppress(aiohttp.ClientError, ConnectionError):
            async for line in lines:
                text = line.decode().rstrip("\n")
                if text:
                    name, _, value = text.partition(":")
                    fields[name] = value.removeprefix(" ")
                    self.beats += not name
                    continue
                # As a browser does it: an id counts with the empty line behind it, with an event or without one.
                self.last_id = fields.get("id", self.last_id)
                async with self._news:
                    if "data" in fields:
                        data = json.loads(fields["data"])
                        self.events.append(Event(self.last_id, fields.get("event", "message"), data))
                    self._news.notify_all()
                fields = {}
        self.ended.set()


@contextlib.asynccontextmanager
async def reading(url: str, headers: dict[str, str], last_id: str = "") -> AsyncIterator[EventStream]:
    """A stream that must be there."""
    resume = {"Last-Event-ID": last_id} if last_id else {}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as http,
        http.get(url, headers=headers | resume) as answer,
    ):
        assert answer.status == 200, await answer.text()
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        stream = EventStream(last_id)
        stream.follow(answer.content)
        try:
            yield stream
        finally:
            await stream.stop()


class Curl:
    """``curl -N`` on a stream, in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, stream: EventStream) -> None:
        self.stream = stream
        self._process = process

    def kill(self) -> None:
        """The link is cut."""
        if self._process.returncode is None:
            self._process.kill()

    async def exit_code(self) -> int:
        """When it has ended by itself."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._process.wait()


@contextlib.asynccontextmanager
async def curl(url: str, headers: dict[str, str], last_id: str = "") -> AsyncIterator[Curl]:
    """Prints the stream until it is cut."""
    sent = headers | ({"Last-Event-ID": last_id} if last_id else {})
    options = [part for name, value in sent.items() for part in ("-H", f"{name}: {value}")]
    process = await asyncio.create_subprocess_exec(
        "curl", "-N", "-s", *options, url, stdout=asyncio.subprocess.PIPE, limit=1 << 20
    )
    assert process.stdout is not None
    stream = EventStream(last_id)
    stream.follow(process.stdout)
    one = Curl(process, stream)
    try:
        yield one
    finally:
        one.kill()
        await process.wait()
        await stream.stop()
