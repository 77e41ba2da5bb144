"""The stock ``socket.io-client`` in a Node process; see stock_client.cjs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Self

from tests.engine.running import PATIENCE_S
from tests.services_under_test import NODE, node_environment

SCRIPT = Path(__file__).with_name("stock_client.cjs")
TRANSPORTS = ["websocket", "polling", "polling websocket"]
"""What clients may be told to use; the last begins with one and upgrades to the other."""


class JavaScriptClient:
    """One client in one scenario."""

    def __init__(self, scenario: str, port: int, transports: str) -> None:
        self._command = [str(NODE), str(SCRIPT), scenario, f"http://127.0.0.1:{port}", *transports.split()]
        self.lines: list[list[Any]] = []
        self._read = 0
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=pipe, stdout=pipe, env=node_environment(), limit=2**22
        )
        self._reading = asyncio.create_task(self._follow())
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

    async def tells(self, what: str) -> list[Any]:
        """The values of the next line about ``what``; others before it are passed over."""

        def found() -> bool:
            while self._read < len(self.lines):
                self._read += 1
                if self.lines[self._read - 1][0] == what:
                    return True
            return False

        try:
            async with asyncio.timeout(PATIENCE_S), self._news:
                await self._news.wait_for(found)
        except TimeoutError:
            raise AssertionError(f"no {what}; the last it told: {self.lines[-5:]}") from None
        return self.lines[self._read - 1][1:]

    async def _follow(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            async with self._news:
                self.lines.append(json.loads(line))
                self._news.notify_all()
