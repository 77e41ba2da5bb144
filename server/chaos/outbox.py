"""A client's outbox: what is to be said stands in it, in order for each conversation, until there is a final answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from typing import Any

from server.chaos import history
from server.chaos.wire import NoAnswer

REMEMBERED = 50
PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0

Ask = Callable[[history.AnyCall, str, dict[str, Any]], Awaitable[dict[str, Any]]]


class Outbox:
    """``ask(call, command, payload)`` is one attempt. ``said`` are the last messages that were taken.

    ``unfinished`` counts those that have no final answer yet.
    """

    def __init__(self, name: str, ask: Ask) -> None:
        self.said: deque[history.Send] = deque(maxlen=REMEMBERED)
        self.unfinished = 0
        self._name = name
        self._ask = ask
        # First come, first served.
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._numbers: defaultdict[int, int] = defaultdict(int)

    async def send(self, conversation_id: int, client_id: str, text: str) -> dict[str, Any]:
        """The final answer to a message, over whatever happens."""
        self.unfinished += 1
        try:
            async with self._turns[conversation_id]:
                self._numbers[conversation_id] += 1
                send = history.Send(
                    conversation_id=conversation_id,
                    client_id=client_id,
                    text=text,
                    outbox=f"{self._name}.{conversation_id}",
                    number=self._numbers[conversation_id],
                )
                reply = await self.insist(send)
        finally:
            self.unfinished -= 1
        if reply["ok"]:
            self.said.append(send)
        return reply

    async def insist(self, send: history.Send) -> dict[str, Any]:
        """Sends it until there is a final answer, at once and in nobody's turn."""
        payload = {"conversation_id": send.conversation_id, "client_id": send.client_id, "text": send.text}
        while True:
            with contextlib.suppress(NoAnswer):
                reply = await self._ask(send, "send_message", payload)
                if reply["ok"] or not reply["error"]["retryable"]:
                    return reply
                await asyncio.sleep(min(LONGEST_PAUSE_S, reply["error"].get("retry_after_ms", 300) / 1000))
                continue
            await asyncio.sleep(PAUSE_S)  # a connection that has gone may not know it yet
