"""The stock ``socket.io-client`` in a Node process; see stock_client.cjs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.node_client import NodeClient

SCRIPT = Path(__file__).with_name("stock_client.cjs")
TRANSPORTS = ["websocket", "polling", "polling websocket"]
"""What clients may be told to use; the last begins with one and upgrades to the other."""


class JavaScriptClient(NodeClient):
    """One client in one scenario."""

    def __init__(self, scenario: str, port: int, transports: str) -> None:
        super().__init__(SCRIPT, scenario, f"http://127.0.0.1:{port}", *transports.split())
        self._told = 0

    async def tells(self, what: str) -> list[Any]:
        """The values of the next line about ``what``; others before it are passed over."""

        def found() -> bool:
            while self._told < len(self.lines):
                self._told += 1
                if self.lines[self._told - 1][0] == what:
                    return True
            return False

        await self.until(found)
        values: list[Any] = self.lines[self._told - 1][1:]
        return values
