"""The stock JavaScript client, unmodified: cut off three times, it says ``recovered`` and has missed nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.engine.recovery.conftest import OpenStage
from tests.engine.recovery.wire import Wire, wired
from tests.engine.running import PATIENCE_S
from tests.services_under_test import NODE, ROOT, node_environment

SCRIPT = ROOT / "tests" / "engine" / "recovery" / "stock_client.cjs"


class StockClient:
    """``socket.io-client`` in a Node process; ``heard`` are its events, ``connects`` what it said of each connect."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._said = asyncio.Condition()
        self.heard: list[list[Any]] = []

    async def read(self) -> None:
        """Takes down what it says."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            async with self._said:
                self.heard.append(json.loads(line))
                self._said.notify_all()

    @property
    def connects(self) -> list[dict[str, Any]]:
        """What it said of each connect."""
        return [event[1] for event in self.heard if event[0] == "connect"]

    @property
    def numbers(self) -> list[int]:
        """The numbered events, as they came."""
        return [event[1] for event in self.heard if event[0] == "n"]

    async def until(self, *event: Any, times: int = 1) -> None:
        """Returns when it has said something that begins like this, so often."""

        def has_come() -> bool:
            return sum(heard[: len(event)] == list(event) for heard in self.heard) >= times

        try:
            async with asyncio.timeout(PATIENCE_S), self._said:
                await self._said.wait_for(has_come)
        except TimeoutError:
            raise AssertionError(f"{event} never came; it heard {self.heard}") from None


@contextlib.asynccontextmanager
async def stock_client(wire: Wire, transports: str) -> AsyncIterator[StockClient]:
    """A client at the end of ``wire``."""
    process = await asyncio.create_subprocess_exec(
        NODE,
        SCRIPT,
        f"http://127.0.0.1:{wire.port}",
        *transports.split(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=node_environment(),
    )
    client = StockClient(process)
    reading = asyncio.create_task(client.read())
    try:
        yield client
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        await reading


async def away(client: StockClient, wire: Wire, *, silently: bool = False) -> None:
    """The client has lost its connection and tries to come back."""
    before = sum(event[0] == "disconnect" for event in client.heard)
    wire.cut(silently=silently)
    await client.until("disconnect", times=before + 1)


@pytest.mark.parametrize("silently", [False, True], ids=["both hear of it", "only the client hears of it"])
@pytest.mark.parametrize("transports", ["websocket", "polling", "polling websocket"])
async def test_three_cuts_of_one_session(opened: OpenStage, transports: str, silently: bool) -> None:
    async with opened() as (stage, visitor), wired(visitor.port) as wire:
        async with stock_client(wire, transports) as client:
            await client.until("connect")
            if transports == "polling websocket":
                await client.until("upgrade")
            # Nothing has been received before the first cut.
            for cut, count in enumerate((30, 5, 3), start=1):
                await away(client, wire, silently=silently)
                await stage.tell(count)
                wire.mend()
                await client.until("connect", times=cut + 1)
                await stage.tell(2)
                await client.until("n", stage.last)
            await stage.finish()
            await client.until("end")
            assert client.numbers == list(range(44))
            assert [connect["recovered"] for connect in client.connects] == [False, True, True, True]
            assert len({connect["sid"] for connect in client.connects}) == 1
            assert stage.outcomes() == {"recovered": 3}
            assert stage.connected() == [client.connects[0]["sid"]]


@pytest.mark.parametrize("transports", ["websocket", "polling"])
async def test_a_client_that_was_away_too_long_starts_over_and_recovers_later(
    opened: OpenStage, transports: str
) -> None:
    async with opened(out_packets=50, out_bytes=4000) as (stage, visitor), wired(visitor.port) as wire:
        async with stock_client(wire, transports) as client:
            await client.until("connect")
            await stage.tell(2)
            await client.until("n", 1)
            await away(client, wire)
            await stage.tell(200)
            wire.mend()
            await client.until("connect", times=2)
            # Its offset is still that of the session before.
            await away(client, wire)
            await stage.tell(3)
            wire.mend()
            await client.until("connect", times=3)
            await stage.finish()
            await client.until("end")
            assert client.numbers == [0, 1, 202, 203, 204]
            assert [connect["recovered"] for connect in client.connects] == [False, False, True]
            assert [connect["sid"] == client.connects[0]["sid"] for connect in client.connects] == [True, False, False]


@pytest.mark.parametrize("transports", ["websocket", "polling"])
async def test_events_that_come_while_the_log_is_read_come_once(opened: OpenStage, transports: str) -> None:
    async with opened() as (stage, visitor), wired(visitor.port) as wire:
        async with stock_client(wire, transports) as client:
            await client.until("connect")

            async def live() -> None:
                await stage.tell(3)

            stage.memory.before["replay"] = stage.memory.after["replay"] = live
            for cut in (1, 2, 3):
                await away(client, wire, silently=cut == 2)
                await stage.tell(4)
                wire.mend()
                await client.until("connect", times=cut + 1)
                await client.until("n", stage.last)
            assert client.numbers == list(range(30))
            assert [connect["recovered"] for connect in client.connects] == [False, True, True, True]
