"""A stock JavaScript client in both namespaces that a test can cut off, and what it has heard."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Self

from tests.chat_client import PATIENCE_S
from tests.services_under_test import NODE, ROOT, node_environment

CHAT, NOTIFICATIONS = "/chat", "/notifications"
_SCRIPT = ROOT / "tests" / "journeys" / "returning_client.cjs"


class ReturningClient:
    """``lines`` is everything: ``[namespace, event, *arguments]``, connects and disconnects among them."""

    def __init__(self, url: str, token: str, transports: str = "websocket") -> None:
        self._command = [str(NODE), str(_SCRIPT), url, token, *transports.split()]
        self.lines: list[list[Any]] = []
        self._replies: asyncio.Queue[Any] = asyncio.Queue()
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=node_environment(),
            limit=2**24,
        )
        self._reading = asyncio.create_task(self._read())
        await self.ready()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._reading

    # What it does

    async def cut(self) -> None:
        """The network goes, and stays away until ``back``."""
        before = self.count("disconnect")
        self._order(do="cut")
        await self.until(lambda: self.count("disconnect") == before + 2)

    async def back(self) -> list[list[Any]]:
        """Comes back and is ready in both namespaces; everything it has said since."""
        before, since = self.times(), len(self.lines)
        self._order(do="back")
        await self.ready(before + 1)
        return self.lines[since:]

    async def do(self, command: str, namespace: str = CHAT, **payload: Any) -> Any:
        """The data of a command that must be accepted."""
        self._order(ask=command, namespace=namespace, payload=payload)
        async with asyncio.timeout(PATIENCE_S):
            reply = await self._replies.get()
        assert reply["ok"], reply
        return reply["data"]

    # What it has heard

    def of(self, event: str, namespace: str = CHAT, since: int = 0) -> list[list[Any]]:
        """The arguments of every event of that name."""
        return [line[2:] for line in self.lines[since:] if line[:2] == [namespace, event]]

    def count(self, event: str) -> int:
        """How often it came in both namespaces together."""
        return sum(line[1] == event for line in self.lines)

    def times(self) -> int:
        """How often it was ready in both."""
        return min(len(self.of("ready", name)) for name in (CHAT, NOTIFICATIONS))

    def recovered(self) -> list[bool]:
        """What ``socket.recovered`` says in each namespace, after the last connect."""
        return [bool(self.of("connect", name)[-1][0]["recovered"]) for name in (CHAT, NOTIFICATIONS)]

    def entries(self, conversation_id: int, since: int = 0) -> list[int]:
        """The places of the entries of a conversation, in the order they came."""
        return [
            line[2]["seq"]
            for line in self.lines[since:]
            if line[0] == CHAT and len(line) == 4 and line[2]["conversation_id"] == conversation_id
        ]

    def texts(self, since: int = 0) -> list[str]:
        """What was said, in the order it came."""
        return [entry["data"]["text"] for entry, _ in self.of("message_created", since=since)]

    async def hears(self, text: str) -> None:
        """Returns when somebody has said this."""
        await self.until(lambda: text in self.texts())

    async def ready(self, times: int = 1) -> None:
        """Returns when it has been ready in both namespaces so many times."""
        await self.until(lambda: self.times() >= times)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits for what makes ``condition`` true."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._news:
                await self._news.wait_for(condition)
        except TimeoutError:
            raise AssertionError(f"it never came; the client said {self.lines[-20:]}") from None

    def _order(self, **order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for text in self._process.stdout:
            line = json.loads(text)
            if isinstance(line, dict):
                self._replies.put_nowait(line["reply"])
                continue
            async with self._news:
                self.lines.append(line)
                self._news.notify_all()
