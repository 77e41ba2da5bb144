"""A stock JavaScript client in both namespaces that a test can cut off, and what it has heard."""

from __future__ import annotations

from typing import Any, Self

from tests.node_client import NodeClient
from tests.services_under_test import ROOT

CHAT, NOTIFICATIONS = "/chat", "/notifications"
_SCRIPT = ROOT / "tests" / "journeys" / "returning_client.cjs"


class ReturningClient(NodeClient):
    """``lines`` is everything: ``[namespace, event, *arguments]``, connects and disconnects among them."""

    def __init__(self, url: str, token: str, transports: str = "websocket") -> None:
        super().__init__(_SCRIPT, url, token, *transports.split())

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self.ready()
        return self

    # What it does

    async def cut(self) -> None:
        """The network goes, and stays away until ``back``."""
        before = self.count("disconnect")
        self.order(do="cut")
        await self.until(lambda: self.count("disconnect") == before + 2)

    async def back(self) -> list[list[Any]]:
        """Comes back and is ready in both namespaces; everything it has said since."""
        before, since = self.times(), len(self.lines)
        self.order(do="back")
        await self.ready(before + 1)
        return self.lines[since:]

    async def do(self, command: str, namespace: str = CHAT, **payload: Any) -> Any:
        """The data of a command that must be accepted."""
        self.order(ask=command, namespace=namespace, payload=payload)
        return await self.reply()

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
