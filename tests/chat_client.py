"""A person's connection for journeys: the stock python-socketio client, with waiting instead of sleeping."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Self

import engineio.payload
import socketio

# The stock client drops a polled answer of more than 16 packets; a newcomer's first one is longer.
engineio.payload.Payload.max_decode_packets = 1000

PATIENCE_S = 60.0


class ChatClient:
    """Both namespaces over one connection. ``heard`` has every event of /chat, ``told`` of /notifications."""

    def __init__(self, url: str, token: str, transports: list[str] | None = None) -> None:
        self.url = url
        self.token = token
        self.transports = transports or ["websocket"]
        self.heard: list[tuple[str, tuple[Any, ...]]] = []
        self.told: list[tuple[str, tuple[Any, ...]]] = []
        self.socket = socketio.AsyncClient(reconnection=False)
        self._news = asyncio.Condition()
        self._gone = asyncio.Event()
        self.socket.on("disconnect", self._end, namespace="/chat")
        self.socket.on("*", self._hear, namespace="/chat")
        self.socket.on("*", self._be_told, namespace="/notifications")

    async def __aenter__(self) -> Self:
        await self.socket.connect(
            self.url,
            namespaces=["/chat", "/notifications"],
            auth={"token": self.token, "protocol": 1},
            transports=self.transports,
            wait_timeout=PATIENCE_S,
        )
        await self.event("ready")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.disconnect()

    async def ask(self, command: str, namespace: str = "/chat", **payload: Any) -> Any:
        """The whole reply to a command."""
        return await self.socket.call(command, payload, namespace=namespace, timeout=PATIENCE_S)

    async def do(self, command: str, namespace: str = "/chat", **payload: Any) -> Any:
        """The data of a command that must be accepted."""
        reply = await self.ask(command, namespace, **payload)
        assert reply["ok"], f"{command} was refused: {reply['error']}"
        return reply["data"]

    async def begins(self, account_id: int, text: str) -> int:
        """Says the first word to somebody; the id of their direct conversation."""
        conversation_id = int((await self.do("open_direct", account_id=account_id))["id"])
        await self.do("send_message", conversation_id=conversation_id, client_id="the-first-word", text=text)
        return conversation_id

    async def event(self, name: str, where: Callable[[Any], bool] = lambda first: True) -> Any:
        """The first argument of the first event of that name that fits, come or still to come."""
        return await self._first(self.heard, name, where)

    async def notice(self, name: str, where: Callable[[Any], bool] = lambda first: True) -> Any:
        """The same for /notifications."""
        return await self._first(self.told, name, where)

    async def hears(self, text: str) -> Any:
        """The entry of the message that says ``text``."""
        return await self.event("message_created", lambda entry: entry["data"]["text"] == text)

    def messages(self, conversation_id: int) -> list[str]:
        """The texts heard in a conversation, in the order of their arrival."""
        return [
            arguments[0]["data"]["text"]
            for name, arguments in self.heard
            if name == "message_created" and arguments[0]["conversation_id"] == conversation_id
        ]

    def entries(self, conversation_id: int) -> list[dict[str, Any]]:
        """The entries of a conversation's log that were heard, in the order of their arrival."""
        return [
            arguments[0]
            for _, arguments in self.heard
            if arguments
            and arguments[0].get("conversation_id") == conversation_id
            and "seq" in arguments[0]
            and "kind" in arguments[0]
        ]

    async def gone(self) -> None:
        """Returns when the connection has ended, however long it lasts."""
        await self._gone.wait()

    async def ended(self) -> None:
        """Returns when the server has closed the connection."""
        async with asyncio.timeout(PATIENCE_S):
            await self._gone.wait()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until something heard makes ``condition`` true."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(condition)

    async def _first(self, events: list[tuple[str, tuple[Any, ...]]], name: str, where: Callable[[Any], bool]) -> Any:
        def fits() -> list[Any]:
            return [arguments[0] for event, arguments in events if event == name and where(arguments[0])]

        try:
            await self.until(lambda: bool(fits()))
        except TimeoutError:
            raise AssertionError(f"no {name} came; heard {[event for event, _ in events]}") from None
        return fits()[0]

    def _end(self, reason: str) -> None:
        self._gone.set()

    async def _hear(self, event: str, *arguments: Any) -> None:
        async with self._news:
            self.heard.append((event, arguments))
            self._news.notify_all()

    async def _be_told(self, event: str, *arguments: Any) -> None:
        async with self._news:
            self.told.append((event, arguments))
            self._news.notify_all()
