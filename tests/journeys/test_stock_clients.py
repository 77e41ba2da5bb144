"""Unmodified Socket.IO clients, JavaScript and Python, by WebSocket and by polling only, talk to each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Self

import pytest

from tests.chat_client import ChatClient
from tests.node_client import NodeClient
from tests.people import Person
from tests.services_under_test import ROOT, MadangProcess

Make = Callable[..., dict[str, Person]]
SCRIPT = ROOT / "tests" / "journeys" / "stock_client.cjs"


class JavaScriptClient(NodeClient):
    """``socket.io-client`` in a Node process."""

    def __init__(self, url: str, token: str, transports: list[str]) -> None:
        super().__init__(SCRIPT, url, token, *transports)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self.event("ready")
        return self

    async def do(self, command: str, **payload: Any) -> Any:
        """The data of a command that must be accepted."""
        self.order(command=command, payload=payload)
        return await self.reply()

    async def event(self, name: str, where: Callable[[Any], bool] = lambda first: True) -> Any:
        """The first argument of the first event of that name that fits."""

        def fits() -> list[Any]:
            return [line["arguments"][0] for line in self._of(name) if where(line["arguments"][0])]

        await self.until(lambda: bool(fits()))
        return fits()[0]

    async def hears(self, text: str) -> Any:
        """The entry of the message that says ``text``."""
        return await self.event("message_created", lambda entry: entry["data"]["text"] == text)

    async def times(self, name: str, count: int) -> None:
        """Returns when an event of that name has come so many times."""
        await self.until(lambda: len(self._of(name)) >= count)

    def texts(self) -> list[str]:
        """What was said, in the order it came."""
        return [line["arguments"][0]["data"]["text"] for line in self._of("message_created")]

    def _of(self, name: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == name]


@pytest.mark.parametrize("python", ["websocket", "polling"])
@pytest.mark.parametrize("javascript", ["websocket", "polling", "polling websocket"])
async def test_stock_clients_talk_both_ways(madang: MadangProcess, people: Make, javascript: str, python: str) -> None:
    pair = people("ana", "ben")
    async with (
        JavaScriptClient(madang.url, pair["ana"].token, javascript.split()) as ana,
        ChatClient(madang.url, pair["ben"].token, [python]) as ben,
    ):
        direct = (await ana.do("open_direct", account_id=pair["ben"].id))["id"]
        sent = await ana.do("send_message", conversation_id=direct, client_id="from-javascript", text="마당에서 봐요")
        entry = await ben.hears("마당에서 봐요")
        assert (entry["seq"], entry["actor_id"]) == (sent["seq"], pair["ana"].id)
        await ben.do("send_message", conversation_id=direct, client_id="from-python", text="네, 열 시에 갈게요 🧡")
        assert (await ana.hears("네, 열 시에 갈게요 🧡"))["actor_id"] == pair["ben"].id
        # The sender hears it too: other tabs need the same event.
        await ana.hears("마당에서 봐요")
        history = await ben.do("fetch_messages", conversation_id=direct)
        assert [message["text"] for message in history["messages"]] == ["마당에서 봐요", "네, 열 시에 갈게요 🧡"]


async def test_a_burst_by_polling_arrives_whole_and_in_order(madang: MadangProcess, people: Make) -> None:
    pair = people("ana", "ben")
    async with (
        JavaScriptClient(madang.url, pair["ana"].token, ["polling"]) as ana,
        ChatClient(madang.url, pair["ben"].token, ["polling"]) as ben,
    ):
        direct = (await ben.do("open_direct", account_id=pair["ana"].id))["id"]
        sends = [
            ben.do("send_message", conversation_id=direct, client_id=f"burst-{n:03}", text=f"burst {n}")
            for n in range(100)
        ]
        await asyncio.gather(*sends)
        await ana.hears("burst 99")
        assert ana.texts() == [f"burst {n}" for n in range(100)]


async def test_a_stock_client_comes_back_after_a_restart(madang: MadangProcess, people: Make) -> None:
    pair = people("ana", "ben")
    async with JavaScriptClient(madang.url, pair["ana"].token, ["websocket"]) as ana:
        assert madang.stop() == 0
        await ana.event("draining")
        madang.start()
        await ana.times("ready", 2)
        async with ChatClient(madang.url, pair["ben"].token) as ben:
            direct = (await ben.do("open_direct", account_id=pair["ana"].id))["id"]
            await ben.do("send_message", conversation_id=direct, client_id="after-restart", text="back again")
            await ana.hears("back again")


async def test_stored_offsets_name_the_epoch_and_position(madang: MadangProcess, people: Make) -> None:
    pair = people("ana", "ben")
    async with JavaScriptClient(madang.url, pair["ana"].token, ["websocket"]) as ana:
        ready = await ana.event("ready")
        direct = (await ana.do("open_direct", account_id=pair["ben"].id))["id"]
        await ana.do("send_message", conversation_id=direct, client_id="with-offset", text="where am I")
        await ana.hears("where am I")
        [line] = [line for line in ana.lines if line["event"] == "message_created"]
        epoch, _, position = line["arguments"][1].partition("-")
        assert epoch == ready["server"]["epoch"]
        assert int(position) > 0
