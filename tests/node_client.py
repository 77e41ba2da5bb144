"""A JavaScript client in a Node process of its own, which takes lines and says what it hears, each a line of JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from tests.services_under_test import NODE, node_environment

PATIENCE_S = 60.0


class NodeClient:
    """``lines`` is everything it has said, but for its ``{reply}``s, which ``reply`` gives one by one."""

    def __init__(self, script: Path, *arguments: str) -> None:
        self._command = [str(NODE), str(script), *arguments]
        self.lines: list[Any] = []
        self._replies: asyncio.Queue[Any] = asyncio.Queue()
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=pipe, stdout=pipe, env=node_environment(), limit=2**24
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._reading

    def says(self, line: str) -> None:
        """Gives it a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")

    def order(self, **order: Any) -> None:
        """Gives it a line of JSON."""
        self.says(json.dumps(order))

    async def reply(self) -> Any:
        """The data of the next reply, which must be that it was accepted."""
        async with asyncio.timeout(PATIENCE_S):
            reply = await self._replies.get()
        assert reply["ok"], reply
        return reply["data"]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until something it has said makes ``condition`` true."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._news:
                await self._news.wait_for(condition)
        except TimeoutError:
            raise AssertionError(f"it never came; the client said {self.lines[-20:]}") from None

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for text in self._process.stdout:
            line = json.loads(text)
            if isinstance(line, dict) and "reply" in line:
                self._replies.put_nowait(line["reply"])
                continue
            async with self._news:
                self.lines.append(line)
                self._news.notify_all()
